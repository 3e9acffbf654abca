import { SpanStatusCode } from '@opentelemetry/api';
import { beforeEach, describe, expect, it } from 'vitest';

import { type TracedArrival, MessageTracing } from './message-tracing.ts';
import { TraceSource } from './observability/trace-metrics.ts';
import type { RecordedSpan } from './recorded-span.ts';
import { SpanRecorder } from './span-recorder.ts';
import { TraceBudget } from './trace-budget.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';
const SAMPLED = `00-${TRACE}-${PARENT}-01`;
const POSITION = { epoch: 'abcdefgh', seq: 7 };

describe('MessageTracing', () => {
  let spans: RecordedSpan[];
  let ignored: string[];
  let tracing: MessageTracing;
  beforeEach(() => {
    spans = [];
    ignored = [];
    tracing = new MessageTracing({
      spans: new SpanRecorder((span) => spans.push(span)),
      metrics: { countIgnored: (...why) => ignored.push(why.join(' ')) },
      budget: new TraceBudget(4),
      patternOf: (room) => (room.startsWith('@') ? '@*' : 'chat.*'),
    });
  });

  function arrival(more: Partial<TracedArrival> = {}): TracedArrival {
    const now = performance.now();
    return {
      traceparent: SAMPLED,
      source: TraceSource.Client,
      room: 'chat.1',
      startedAt: now - 2,
      decodedAt: now - 1,
      ...more,
    };
  }

  /** Names of spans, each with that of its parent where it is one of ours, sorted: the first two begin together. */
  function tree(): string[] {
    const nameOf = new Map(spans.map((span) => [span.spanContext().spanId, span.name]));
    return spans.map(({ name, parentId = '' }) => `${name} < ${nameOf.get(parentId) ?? parentId}`).toSorted();
  }

  it('follows a message that is sampled from its arrival to the broker, by the words of OpenTelemetry', () => {
    const trace = tracing.publish(arrival());
    const sent = trace?.send();
    trace?.end({ position: POSITION, isDuplicate: false });
    expect(tree()).toEqual([
      'decide < publish chat.*',
      'decode < publish chat.*',
      `publish chat.* < ${PARENT}`,
      'send chat.* < publish chat.*',
    ]);
    expect(new Set(spans.map((span) => span.spanContext().traceId))).toEqual(new Set([TRACE]));
    const sending = spans.find(({ name }) => name === 'send chat.*');
    expect(sent).toEqual({ traceId: TRACE, parentId: PARENT, spanId: sending?.spanContext().spanId });
    expect(sending?.attributes).toMatchObject({
      'messaging.system': 'outcry',
      'messaging.operation.type': 'send',
      'messaging.destination.name': 'chat.1',
      'messaging.destination.template': 'chat.*',
      'messaging.message.id': 'abcdefgh:7',
    });
  });

  it('says nothing of whose inbox it is', () => {
    tracing.publish(arrival({ room: '@ann' }))?.fail(new Error('x'));
    for (const { attributes } of spans) expect(JSON.stringify(attributes)).not.toContain('ann');
    expect(spans.at(-1)?.attributes).toMatchObject({ 'messaging.destination.template': '@*' });
  });

  it('has whoever is asked go on from the question', () => {
    const trace = tracing.publish(arrival());
    const question = trace?.ask();
    question?.end();
    trace?.fail({ code: 'forbidden' });
    const asked = spans.find(({ name }) => name === 'ask');
    expect(question?.traceparent).toBe(`00-${TRACE}-${asked?.spanContext().spanId ?? ''}-01`);
    expect(tree()).toContain('ask < decide');
    const failed = spans.filter(({ status }) => status.code === SpanStatusCode.ERROR);
    expect(failed.map(({ name }) => name)).toEqual(['decide', 'publish chat.*']);
    expect(failed[0]?.attributes).toMatchObject({ 'error.type': 'forbidden' });
  });

  it('links what is relayed to what was sent, and has it beside the publish', () => {
    const from = { traceId: TRACE, parentId: PARENT, spanId: 'b7ad6b7169203331', receivedAt: performance.now() - 1 };
    const message = { room: 'chat.1', position: POSITION, frame: new Uint8Array(9), origin: '', at: 1, trace: from };
    const trace = tracing.relay(message);
    trace?.end(3);
    expect(tree()).toEqual([`relay chat.* < ${PARENT}`, 'write chat.* < relay chat.*']);
    const [written, relayed] = spans;
    expect(relayed?.links.map(({ context }) => context)).toMatchObject([{ traceId: TRACE, spanId: from.spanId }]);
    expect(trace?.traceparent).toBe(`00-${TRACE}-${written?.spanContext().spanId ?? ''}-01`);
    expect(written?.attributes).toMatchObject({ 'outcry.recipients': 3, 'messaging.message.id': 'abcdefgh:7' });
  });

  it.each([
    ['is not sampled', `00-${TRACE}-${PARENT}-00`, []],
    ['has a traceparent that is none', 'yes please', ['client malformed']],
  ])('does nothing about a message that %s', (_, traceparent, counted) => {
    expect(tracing.publish(arrival({ traceparent }))).toBeUndefined();
    expect(spans).toEqual([]);
    expect(ignored).toEqual(counted);
  });

  it('traces no more of one source than it may, and counts the others', () => {
    const traced = Array.from({ length: 10 }, () => tracing.publish(arrival()));
    expect(traced.filter((trace) => trace !== undefined)).toHaveLength(4);
    expect(tracing.publish(arrival({ source: TraceSource.Server }))).toBeDefined();
    expect(ignored).toEqual(Array.from({ length: 6 }, () => 'client rate'));
  });
});
