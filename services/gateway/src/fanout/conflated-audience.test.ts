import { createCodecs, Encoding } from '@outcry/protocol';
import { beforeEach, describe, expect, it } from 'vitest';

import { GatewayMetrics } from '../observability/metrics.ts';
import { type FakeSocket, FakeTransport } from '../testing/fake-transport.ts';
import { ConflatedAudience } from './conflated-audience.ts';

interface Watcher {
  readonly socket: FakeSocket;
  readonly encoding: Encoding;
}

describe('ConflatedAudience', () => {
  let transport: FakeTransport;
  let metrics: GatewayMetrics;
  let audience: ConflatedAudience;
  let slow: Watcher;
  let fast: Watcher;

  beforeEach(() => {
    transport = new FakeTransport();
    metrics = new GatewayMetrics();
    audience = new ConflatedAudience('b', 'BTCUSDT', { publisher: transport, codecs: createCodecs(), metrics });
    slow = watcher();
    fast = watcher();
  });

  function watcher(): Watcher {
    return { socket: transport.connect(Encoding.Json), encoding: Encoding.Json };
  }

  function publish(times = 1): void {
    for (let i = 0; i < times; i++) audience.publishFrame({ type: 'stale', symbol: 'BTCUSDT' });
  }

  async function counts(): Promise<Record<string, number>> {
    const names = ['bookFramesRelayed', 'bookFramesDelivered', 'bookFramesConflated', 'bookFramesEvicted'] as const;
    const values = names.map(async (name) => [name.slice(10), (await metrics[name].get()).values[0]?.value ?? 0]);
    return Object.fromEntries(await Promise.all(values)) as Record<string, number>;
  }

  it('gives one that is held back nothing, and counts what it misses until it goes on', async () => {
    for (const each of [slow, fast]) audience.add(each);
    publish();
    audience.holdBack(slow);
    publish(3);
    // Repeated, it is held back since the first time.
    audience.holdBack(slow);
    publish();
    expect([slow.socket.wire.length, fast.socket.wire.length]).toEqual([1, 5]);
    audience.resume(slow);
    publish();
    expect([slow.socket.wire.length, fast.socket.wire.length]).toEqual([2, 6]);
    expect(await counts()).toEqual({ Relayed: 12, Delivered: 8, Conflated: 4, Evicted: 0 });
    expect((await metrics.bookCatchUps.get()).values[0]?.value).toBe(1);
  });

  it('owes one that is held back from the start nothing of what was before', async () => {
    publish(5);
    audience.addHeldBack(slow);
    expect(audience.size).toBe(1);
    publish(2);
    audience.resume(slow);
    expect(audience.size).toBe(1);
    expect(await counts()).toEqual({ Relayed: 2, Delivered: 0, Conflated: 2, Evicted: 0 });
  });

  it.each([
    ['left', { Conflated: 2, Evicted: 0 }],
    ['lost', { Conflated: 0, Evicted: 2 }],
  ] as const)('counts what one that has %s had missed by why it went', async (departure, counted) => {
    audience.add(slow);
    audience.holdBack(slow);
    publish(2);
    audience.remove(slow, departure);
    publish();
    expect(audience.size).toBe(0);
    expect(await counts()).toMatchObject({ Relayed: 2, ...counted });
  });

  it('ends with one that was not held back', async () => {
    audience.add(slow);
    audience.remove(slow, 'lost');
    publish();
    expect([audience.size, slow.socket.wire.length]).toEqual([0, 0]);
    expect(await counts()).toEqual({ Relayed: 0, Delivered: 0, Conflated: 0, Evicted: 0 });
  });
});
