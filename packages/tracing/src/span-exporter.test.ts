import { ROOT_CONTEXT } from '@opentelemetry/api';
import { createLogger } from '@outcry/service';
import { TraceCollector } from '@outcry/testkit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { SpanOutcome } from './observability/trace-metrics.ts';
import { SpanExporter } from './span-exporter.ts';
import { SpanRecorder } from './span-recorder.ts';

const logger = createLogger({ level: 'silent', fields: {} });
const resource = { service: 'outcry-gateway', instance: 'gw-1', version: '0.1.0' };

describe('SpanExporter', () => {
  let collector: TraceCollector;
  let counts: Map<SpanOutcome, number>;
  let exporter: SpanExporter;
  let recorder: SpanRecorder;

  beforeEach(async () => {
    collector = await TraceCollector.start();
    counts = new Map();
    const metrics = {
      countSpans: (outcome: SpanOutcome, spans: number) => counts.set(outcome, (counts.get(outcome) ?? 0) + spans),
    };
    exporter = new SpanExporter({ url: collector.url, resource, metrics, logger, intervalMs: 1 });
    recorder = new SpanRecorder((span) => {
      exporter.add(span);
    });
  });
  afterEach(async () => {
    await exporter.close();
    await collector[Symbol.asyncDispose]();
  });

  function record(...names: readonly string[]): void {
    for (const name of names) recorder.startSpan(name, {}, ROOT_CONTEXT).end();
  }

  it('sends what has ended, whose it is, and counts it', async () => {
    record('one', 'two');
    const span = await collector.next('two', ({ name }) => name === 'two');
    expect(span).toMatchObject({ service: 'outcry-gateway', instance: 'gw-1', kind: 'internal', links: [] });
    expect(Math.abs(span.startMs - Date.now())).toBeLessThan(60_000);
    await exporter.close();
    expect(counts.get('exported')).toBe(2);
  });

  it('sends what waits when it is closed, and takes nothing any more', async () => {
    record('last');
    await exporter.close();
    expect(collector.spans.map(({ name }) => name)).toEqual(['last']);
    record('too late');
    expect(counts.get('queueFull')).toBe(1);
  });

  it('drops what is refused, and goes on', async () => {
    collector.answer({ status: 400 });
    record('refused');
    await vi.waitFor(() => {
      expect(counts.get('refused')).toBe(1);
    });
    collector.answer({ status: 200, body: { partialSuccess: { rejectedSpans: '1', errorMessage: 'one of them' } } });
    record('one', 'two');
    await exporter.close();
    expect(counts.get('refused')).toBe(2);
    expect(counts.get('exported')).toBe(1);
  });

  it.each(['away', 'too busy'])('keeps what it has for a collector that is %s, up to an end', async (what) => {
    if (what === 'away') await collector.goAway();
    else collector.answer({ status: 503 });
    record(...Array.from({ length: 2050 }, (_, i) => String(i)));
    expect(counts.get('queueFull')).toBe(2);
    if (what === 'away') await collector.comeBack();
    else collector.answer({ status: 200 });
    await exporter.close();
    expect(collector.spans.map(({ name }) => name)).toEqual(Array.from({ length: 2048 }, (_, i) => String(i)));
    expect(counts.get('exported')).toBe(2048);
  });

  it('ends without a collector, and says how many were never sent', async () => {
    await collector.goAway();
    record('one', 'two');
    await exporter.close();
    expect(counts.get('unsent')).toBe(2);
  });
});
