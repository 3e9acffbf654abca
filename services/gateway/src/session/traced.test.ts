import { type CollectedSpan, HookServer, TraceCollector } from '@outcry/testkit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { loadGatewayConfig } from '../config/config.ts';
import { createTestGateway, type TestClient, type TestGateway } from '../testing/create-services.ts';

const CALLER = '00f067aa0ba902b7';
const SETTINGS = {
  OUTCRY_HOOKS_SECRET: 'a-secret-of-at-least-thirty-two-characters',
  OUTCRY_HOOKS_PLAIN_HTTP: 'true',
  OUTCRY_HOOKS_DEADLINE_MS: '20000',
};

const traceOf = (digit: string): string => digit.repeat(32);
const sampled = (digit: string): string => `00-${traceOf(digit)}-${CALLER}-01`;

describe('a publish that comes with a trace', () => {
  let collector: TraceCollector;
  let server: HookServer;
  let gateway: TestGateway;
  let ann: TestClient;
  beforeEach(async () => {
    [collector, server] = await Promise.all([TraceCollector.start(), HookServer.start()]);
    await open({});
  });
  afterEach(async () => {
    await gateway.stop();
    await Promise.all([collector[Symbol.asyncDispose](), server[Symbol.asyncDispose]()]);
  });

  async function open(settings: Readonly<Record<string, string>>): Promise<void> {
    const { hooks, traces } = loadGatewayConfig({ OUTCRY_TRACE_URL: collector.url, ...settings }).config;
    gateway = await createTestGateway({ hooks, traces });
    ann = gateway.connect('ann');
    ann.send({ type: 'join', id: 'join', room: 'lobby' });
    await answered('join');
  }

  async function reopen(settings: Readonly<Record<string, string>>): Promise<void> {
    await gateway.stop();
    await open(settings);
  }

  async function answered(id: string): Promise<unknown> {
    return vi.waitUntil(() => ann.socket.frames.find((frame) => 'id' in frame && frame.id === id));
  }

  function publish(id: string, room: string, traceparent?: string): void {
    ann.send({ type: 'publish', id, room, data: id, ...(traceparent === undefined ? {} : { traceparent }) });
  }

  /** What the collector is told of a trace, once it has spans of these names. */
  async function told(digit: string, ...names: readonly string[]): Promise<ReadonlyMap<string, CollectedSpan>> {
    return vi.waitUntil(() => {
      const spans = collector.spans.filter(({ traceId }) => traceId === traceOf(digit));
      const byName = new Map(spans.map((span) => [span.name, span]));
      return names.every((name) => byName.has(name)) && byName;
    });
  }

  it('is told of from its arrival until the broker has it, and relayed with it', async () => {
    publish('1', 'lobby', sampled('a'));
    const ack = (await answered('1')) as { readonly epoch: string; readonly seq: number };
    const [message] = await vi.waitUntil(() => {
      const messages = ann.socket.framesOf('message');
      return messages.length > 0 && messages;
    });
    const spans = await told('a', 'publish *', 'write *');
    const root = spans.get('publish *');
    expect(root).toMatchObject({ parentSpanId: CALLER, hasFailed: false });
    for (const name of ['decode', 'decide', 'send *']) {
      expect(spans.get(name)).toMatchObject({ parentSpanId: root?.spanId, hasFailed: false });
    }
    // From when it came, and not from when somebody looked what it is.
    const [decode, decide] = [spans.get('decode'), spans.get('decide')];
    expect(decode?.startMs).toBe(root?.startMs);
    expect(decide?.startMs).toBeCloseTo((decode?.startMs ?? 0) + (decode?.ms ?? 0), 2);
    for (const name of ['publish *', 'send *']) {
      const attributes = { 'messaging.message.id': `${ack.epoch}:${String(ack.seq)}`, 'outcry.duplicate': false };
      expect(spans.get(name)?.attributes).toMatchObject(attributes);
    }
    expect(message).toMatchObject({ traceparent: `00-${traceOf('a')}-${spans.get('write *')?.spanId ?? ''}-01` });
  });

  it('is told of as failed where it is refused', async () => {
    publish('1', 'elsewhere', sampled('a'));
    expect(await answered('1')).toMatchObject({ code: 'notJoined' });
    const spans = await told('a', 'publish *');
    for (const name of ['decide', 'publish *']) {
      expect(spans.get(name)).toMatchObject({ hasFailed: true, attributes: { 'error.type': 'notJoined' } });
    }
  });

  it('is published all the same where nobody is told of it', async () => {
    for (const [id, traceparent] of [
      ['unsampled', `00-${traceOf('a')}-${CALLER}-00`],
      ['malformed', 'no trace'],
      ['none', undefined],
    ] as const) {
      publish(id, 'lobby', traceparent);
      expect(await answered(id)).toMatchObject({ type: 'ack' });
    }
    publish('sampled', 'lobby', sampled('b'));
    // What was told before it would have come before it: one request goes at a time.
    await told('b', 'publish *');
    expect(new Set(collector.spans.map(({ traceId }) => traceId))).toEqual(new Set([traceOf('b')]));
    const metrics = await gateway.services.metrics.registry.metrics();
    expect(metrics).toContain('outcry_gateway_traceparents_ignored_total{source="client",reason="malformed"} 1');
  });

  it('is published as any other by a gateway that tells nobody of traces', async () => {
    await gateway.stop();
    gateway = await createTestGateway({});
    ann = gateway.connect('ann');
    ann.send({ type: 'join', id: 'join', room: 'lobby' });
    await answered('join');
    publish('sampled', 'lobby', sampled('c'));
    expect(await answered('sampled')).toMatchObject({ type: 'ack' });
    await vi.waitUntil(() => ann.socket.framesOf('message').length === 1);
    expect(ann.socket.framesOf('message')[0]).not.toHaveProperty('traceparent');
  });

  it('is told of with what the server is asked, and with what becomes of it behind others', async () => {
    await reopen({ ...SETTINGS, OUTCRY_HOOKS_PUBLISH_URL: server.urlOf('publish') });
    server.answer('publish', ({ body }) => ({ json: { allow: body['data'] !== 'no' } }));
    publish('yes', 'lobby', sampled('a'));
    publish('no', 'lobby', sampled('b'));
    publish('last', 'lobby', sampled('c'));
    expect(await answered('no')).toMatchObject({ code: 'forbidden' });
    expect(await answered('last')).toMatchObject({ type: 'ack' });
    const [a, b, c] = await Promise.all(['a', 'b', 'c'].map((digit) => told(digit, 'publish *', 'ask')));
    const asked = [a, b, c].map((spans, i) => `00-${traceOf('abc'.charAt(i))}-${spans?.get('ask')?.spanId ?? ''}-01`);
    expect(server.questions.map(({ headers }) => headers['traceparent'])).toEqual(asked);
    expect([a, b, c].map((spans) => spans?.get('publish *')?.hasFailed)).toEqual([false, true, false]);
    expect(b?.get('publish *')?.attributes).toMatchObject({ 'error.type': 'forbidden' });
    expect([a, b, c].map((spans) => spans?.has('send *'))).toEqual([true, false, true]);
  });

  it('is told of as failed where it has waited, and is refused before anybody is asked', async () => {
    await reopen({ ...SETTINGS, OUTCRY_HOOKS_PUBLISH_URL: server.urlOf('publish') });
    const answer = server.hold('publish');
    publish('1', 'lobby', sampled('a'));
    ann.send({ type: 'leave', id: 'leave', room: 'lobby' });
    publish('2', 'lobby', sampled('b'));
    answer();
    expect(await answered('2')).toMatchObject({ code: 'notJoined' });
    expect([await answered('leave'), ann.socket.closeCode]).toMatchObject([{ type: 'ack' }, undefined]);
    const spans = await told('b', 'publish *');
    expect(spans.get('publish *')).toMatchObject({ hasFailed: true, attributes: { 'error.type': 'notJoined' } });
  });
});
