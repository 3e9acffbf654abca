import { writeFile } from 'node:fs/promises';

/** Ticks of 0.01, sizes of 0.001. */
const LEVELS = 120;
const LENGTH_MS = 60_000;
const EVERY_MS = 100;
const BASE_NS = 1_723_161_253_000_000_000n;
const MIDDLE = 268_430;

type Pair = readonly [price: string, size: string];

/** A minute of a market in Binance's format, the same each time: what a replay shows where no recording is at hand. */
export async function writeRecording(path: string, symbol: string): Promise<void> {
  const random = createRandom(7);
  const side = (direction: -1 | 1): Pair[] =>
    Array.from({ length: LEVELS }, (_, i) => pair(MIDDLE + direction * (1 + i * 3), 0.4 + random() * (1 + i / 8)));
  const lines = [
    depth(symbol, { atMs: 0, id: 1, bids: [], asks: [] }),
    line(1, { lastUpdateId: 1, bids: side(-1), asks: side(1) }),
  ];
  for (let atMs = EVERY_MS; atMs < LENGTH_MS; atMs += EVERY_MS) {
    const change = (direction: -1 | 1): Pair[] =>
      Array.from({ length: 3 }, () =>
        pair(MIDDLE + direction * (1 + 3 * Math.floor(random() ** 2 * 40)), random() * 4),
      );
    lines.push(depth(symbol, { atMs, id: 1 + atMs / EVERY_MS, bids: change(-1), asks: change(1) }));
  }
  await writeFile(path, `${lines.join('\n')}\n`);
}

interface Update {
  readonly atMs: number;
  readonly id: number;
  readonly bids: readonly Pair[];
  readonly asks: readonly Pair[];
}

function depth(symbol: string, { atMs, id, bids, asks }: Update): string {
  const data = { e: 'depthUpdate', E: Number(BASE_NS / 1_000_000n) + atMs, s: symbol, U: id, u: id, b: bids, a: asks };
  return line(atMs, { stream: `${symbol.toLowerCase()}@depth@100ms`, data });
}

function line(atMs: number, frame: unknown): string {
  return `${String(BASE_NS + BigInt(atMs) * 1_000_000n)} ${JSON.stringify(frame)}`;
}

function pair(ticks: number, size: number): Pair {
  return [(ticks / 100).toFixed(2), size.toFixed(3)];
}

/** A linear congruential generator, from 0 up to 1: good enough for a picture. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
