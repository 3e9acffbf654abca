import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

import { openRecordingSource } from './recording-source.ts';

const BASE_NS = 1_723_161_253_937_085_768n;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outcry-recording-'));
});
afterEach(() => {
  vi.useRealTimers();
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** A recording of events that were received so many microseconds after its beginning; the snapshot is the first. */
async function record(receivedUs: readonly number[]): Promise<string> {
  const path = join(folder, 'timing.jsonl');
  const lines = receivedUs.map((us, i) => {
    const frame =
      i === 0
        ? { lastUpdateId: 0, bids: [['1', '1']], asks: [['2', '1']] }
        : { stream: 'x@depth', data: { e: 'depthUpdate', E: i, s: 'X', U: i, u: i, b: [], a: [] } };
    return `${String(BASE_NS + BigInt(us) * 1000n)} ${JSON.stringify(frame)}`;
  });
  await writeFile(path, `${lines.join('\n')}\n`);
  return path;
}

/** When each event came, in ms after the first, to a consumer that holds each for so long. */
async function play(
  path: string,
  options: { speed: number; holdMs?: (index: number) => number; loopedCount?: number },
): Promise<number[]> {
  const { speed, holdMs = () => 0, loopedCount } = options;
  const realTurn = setImmediate;
  const source = await openRecordingSource({ files: [{ path }], speed, isLooping: loopedCount !== undefined });
  const stopping = new AbortController();
  vi.useFakeTimers();
  const cameAt: number[] = [];
  const progress = { isOver: false };
  const reading = (async () => {
    for await (const _event of source.events('X', stopping.signal)) {
      cameAt.push(performance.now());
      if (cameAt.length === loopedCount) stopping.abort();
      const ms = holdMs(cameAt.length - 1);
      if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
    }
    progress.isOver = true;
  })();
  // The file is read in real time, in which the fake clock stands still.
  while (!progress.isOver) {
    if (vi.getTimerCount() > 0) await vi.advanceTimersToNextTimerAsync();
    else await new Promise((resolve) => realTurn(resolve));
  }
  await reading;
  const [first = 0] = cameAt;
  return cameAt.map((at) => at - first);
}

function worstMs(cameAt: readonly number[], expected: readonly number[]): number {
  expect(cameAt).toHaveLength(expected.length);
  return Math.max(...expected.map((ms, i) => Math.abs((cameAt[i] ?? Infinity) - ms)));
}

/** Five minutes of events at odd distances, most of them a fraction of a millisecond off the grid of timers. */
const RECEIVED_US = Array.from({ length: 3000 }, (_, i) => i * 100_000 + ((i * 7919) % 99_000) - (i === 0 ? 0 : 333));

describe('a recording at its own pace', () => {
  it('comes to the millisecond as it was received, after five minutes as at the beginning', async () => {
    const path = await record(RECEIVED_US);
    const cameAt = await play(path, { speed: 1 });
    expect(
      worstMs(
        cameAt,
        RECEIVED_US.map((us) => us / 1000),
      ),
    ).toBeLessThanOrEqual(1);
  });

  it('does not add up what a consumer holds it for', async () => {
    const distanceMs = 100;
    const received = Array.from({ length: 500 }, (_, i) => i * distanceMs * 1000);
    const cameAt = await play(await record(received), { speed: 1, holdMs: (i) => (i % 10 === 5 ? 350 : 20) });
    // Those behind one that was held for long are late by what is left of that, the others not at all.
    const onTime = cameAt.filter((_, i) => i % 10 !== 6 && i % 10 !== 7 && i % 10 !== 8 && i % 10 !== 9);
    const expected = received.filter((_, i) => i % 10 < 6).map((us) => us / 1000);
    expect(worstMs(onTime, expected)).toBeLessThanOrEqual(1);
  });

  it('comes as many times as fast as it is told', async () => {
    const path = await record(RECEIVED_US);
    const cameAt = await play(path, { speed: 50 });
    expect(
      worstMs(
        cameAt,
        RECEIVED_US.map((us) => us / 50_000),
      ),
    ).toBeLessThanOrEqual(1);
  });

  it.each([
    ['a short one once a second', 50, [0, 50, 1000, 1050, 2000]],
    ['a long one at once', 1500, [0, 1500, 1500, 3000]],
  ])('begins anew: %s', async (_, ms, expected) => {
    const path = await record([0, ms * 1000]);
    expect(await play(path, { speed: 1, loopedCount: expected.length })).toEqual(expected);
  });
});
