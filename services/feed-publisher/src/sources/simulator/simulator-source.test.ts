import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { BookEvent } from '../book-source.ts';
import { createSimulatorSource } from './simulator-source.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

async function run(
  options: { symbols?: readonly string[]; rate?: number; seed?: number },
  ms: number,
): Promise<BookEvent[]> {
  const { symbols = ['BTCUSDT'], rate = 50, seed = 1 } = options;
  const source = createSimulatorSource({ symbols, rate, seed });
  const stopping = new AbortController();
  const events: BookEvent[] = [];
  const reading = (async () => {
    for await (const event of source.events(symbols[0] ?? '', stopping.signal)) events.push(event);
  })();
  await vi.advanceTimersByTimeAsync(ms);
  stopping.abort();
  await reading;
  return events;
}

describe('createSimulatorSource', () => {
  it('offers the symbols that it is given', () => {
    const source = createSimulatorSource({ symbols: ['BTCUSDT', 'NEW'], rate: 1, seed: 1 });
    expect(source.instruments).toEqual([
      { symbol: 'BTCUSDT', priceScale: 2, sizeScale: 5 },
      { symbol: 'NEW', priceScale: 2, sizeScale: 2 },
    ]);
  });

  it('begins with a snapshot, then numbers its deltas', async () => {
    const events = await run({}, 1000);
    expect(events.map(({ kind }) => kind)).toEqual(['snapshot', ...events.slice(1).map(() => 'delta')]);
    expect(events.map(({ venueSeq }) => venueSeq)).toEqual(events.map((_, i) => i + 1));
  });

  it.each([
    [1, 1000],
    [200, 20],
    [10_000, 2],
  ])('sends about %i events a second', async (rate, seconds) => {
    const { length } = await run({ rate }, seconds * 1000);
    expect(length / seconds).toBeGreaterThan(rate * 0.8);
    expect(length / seconds).toBeLessThan(rate * 1.2);
  });

  it('gives a symbol the same events whatever else is simulated', async () => {
    const levels = (events: readonly BookEvent[]): unknown => events.map(({ bids, asks }) => [bids, asks]);
    const alone = levels(await run({ symbols: ['ETHUSDT'] }, 2000));
    expect(levels(await run({ symbols: ['ETHUSDT', 'BTCUSDT'] }, 2000))).toEqual(alone);
    expect(levels(await run({ symbols: ['ETHUSDT'], seed: 2 }, 2000))).not.toEqual(alone);
  });
});
