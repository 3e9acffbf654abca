import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { OutcryError } from '@outcry/broker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { BookEvent } from '../book-source.ts';
import { openRecordingSource, type RecordingFile } from './recording-source.ts';

type Pair = readonly [string, string];

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outcry-recording-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

const BASE_NS = 1_723_161_253_000_000_000n;

/** A line received so many milliseconds into the recording. */
function line(atMs: number, frame: unknown): string {
  return `${String(BASE_NS + BigInt(atMs) * 1_000_000n)} ${JSON.stringify(frame)}`;
}

function depth(atMs: number, ids: { U: number; u: number; pu?: number; T?: number; s?: string }, bids: Pair[]): string {
  const data = { e: 'depthUpdate', E: 1000 + atMs, s: 'BTCUSDT', ...ids, b: bids, a: [] };
  return line(atMs, { stream: 'btcusdt@depth@100ms', data });
}

function snapshot(atMs: number, lastUpdateId: number, times: { E?: number; T?: number } = {}): string {
  return line(atMs, { lastUpdateId, ...times, bids: [['100.50', '1.000']], asks: [['101.00', '2.500']] });
}

const TICKER = line(1, { stream: 'btcusdt@bookTicker', data: { u: 3, s: 'BTCUSDT', b: '1.234567', B: '1' } });
const TRADE = line(1, { stream: 'btcusdt@trade', data: { e: 'trade', p: '1.234567' } });

const GOOD = [
  depth(0, { U: 1, u: 4 }, [['99.00', '9.000']]),
  TICKER,
  depth(100, { U: 5, u: 8 }, [['100.50', '1.250']]),
  snapshot(150, 6),
  TRADE,
  depth(200, { U: 9, u: 9 }, [['100.25', '0.000']]),
];

async function record(name: string, lines: readonly string[]): Promise<string> {
  const path = join(folder, name);
  const text = `${lines.join('\n')}\n`;
  await writeFile(path, name.endsWith('.gz') ? gzipSync(text) : text);
  return path;
}

async function play(
  files: readonly RecordingFile[],
  { isLooping = false, max = 100 }: { isLooping?: boolean; max?: number } = {},
): Promise<BookEvent[]> {
  const source = await openRecordingSource({ files, speed: Infinity, isLooping });
  const events: BookEvent[] = [];
  const stopping = new AbortController();
  for await (const event of source.events(source.instruments[0]?.symbol ?? '', stopping.signal)) {
    events.push(event);
    if (events.length === max) stopping.abort();
  }
  return events;
}

async function faultOf(run: Promise<unknown>): Promise<string> {
  const err: unknown = await run.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(err instanceof OutcryError)) throw new Error('expected an OutcryError', { cause: err });
  return `${err.code}: ${err.message.replaceAll(`${folder}/`, '')}`;
}

describe('openRecordingSource', () => {
  it.each(['plain.jsonl', 'zipped.jsonl.gz'])('gives an aligned book in integers from %s', async (name) => {
    const path = await record(name, GOOD);
    const source = await openRecordingSource({ files: [{ path }], speed: Infinity, isLooping: false });
    expect(source.instruments).toEqual([{ symbol: 'BTCUSDT', priceScale: 2, sizeScale: 2 }]);
    expect(await play([{ path }])).toEqual([
      // Spot's snapshot tells no time: it has that of the newest event that it holds.
      { kind: 'snapshot', bids: [[10_050, 100]], asks: [[10_100, 250]], venueSeq: 6, venueAt: 1000 },
      { kind: 'delta', bids: [[10_050, 125]], asks: [], venueSeq: 8, venueAt: 1100 },
      { kind: 'delta', bids: [[10_025, 0]], asks: [], venueSeq: 9, venueAt: 1200 },
    ]);
  });

  it('takes the scales from the whole file, without trailing zeros', async () => {
    const path = await record('scales.jsonl', [...GOOD, depth(300, { U: 10, u: 10 }, [['0.001', '7']])]);
    const source = await openRecordingSource({ files: [{ path }], speed: Infinity, isLooping: false });
    expect(source.instruments).toEqual([{ symbol: 'BTCUSDT', priceScale: 3, sizeScale: 2 }]);
  });

  it("goes by the matching engine's time and pu on futures", async () => {
    const path = await record('futures.jsonl', [
      depth(0, { U: 2, u: 5, pu: 1, T: 77 }, []),
      snapshot(1, 5, { E: 76, T: 75 }),
      depth(2, { U: 9, u: 12, pu: 5, T: 79 }, []),
    ]);
    expect((await play([{ path }])).map(({ venueSeq, venueAt }) => [venueSeq, venueAt])).toEqual([
      [5, 75],
      [5, 77],
      [12, 79],
    ]);
  });

  it('begins every pass of a loop with the snapshot', async () => {
    const path = await record('loop.jsonl', GOOD);
    const kinds = (await play([{ path }], { isLooping: true, max: 7 })).map(({ kind }) => kind);
    expect(kinds).toEqual(['snapshot', 'delta', 'delta', 'snapshot', 'delta', 'delta', 'snapshot']);
  });

  it('calls a book as it is told to, so that two recordings of one symbol can be played', async () => {
    const files = [
      { path: await record('a.jsonl', GOOD) },
      { path: await record('b.jsonl', GOOD), symbol: 'BTCUSDT-PERP' },
    ];
    const source = await openRecordingSource({ files, speed: 1, isLooping: true });
    expect(source.instruments.map(({ symbol }) => symbol)).toEqual(['BTCUSDT', 'BTCUSDT-PERP']);
  });

  it('refuses two recordings under one symbol', async () => {
    const files = [{ path: await record('a.jsonl', GOOD) }, { path: await record('b.jsonl', GOOD) }];
    expect(await faultOf(openRecordingSource({ files, speed: 1, isLooping: true }))).toBe(
      `badConfig: a.jsonl and b.jsonl are both recordings of BTCUSDT: name one of them, as in BTCUSDT-2=b.jsonl`,
    );
  });

  it('refuses a symbol that cannot be subscribed to, and says how to name it', async () => {
    const path = await record('odd.jsonl', [depth(0, { U: 1, u: 1, s: 'btc*perp' }, []), snapshot(1, 1)]);
    expect(await faultOf(play([{ path }]))).toMatch(
      /^badConfig: odd.jsonl: its symbol "btc\*perp" cannot be one here: name it, as in BTCUSDT=/,
    );
    expect(await play([{ path, symbol: 'BTC-PERP' }])).toHaveLength(1);
  });

  it.each([
    [
      'gap.jsonl',
      [...GOOD, depth(300, { U: 12, u: 13 }, [])],
      'line 7: a gap in the depth stream: U is 12, expected 10',
    ],
    [
      'buffered-gap.jsonl',
      [GOOD[0] ?? '', depth(9, { U: 7, u: 8 }, []), snapshot(10, 3)],
      'line 2: a gap in the depth',
    ],
    ['late.jsonl', [depth(0, { U: 20, u: 21 }, []), snapshot(1, 6)], 'line 1: a gap behind the snapshot'],
    ['price.jsonl', [...GOOD, depth(300, { U: 10, u: 10 }, [['1e2', '1']])], 'line 7: "1e2" is not a decimal number'],
    ['frame.jsonl', [...GOOD, line(9, { data: { e: 'depthUpdate' } })], 'line 7: a depth frame is malformed'],
    ['cut.jsonl', [...GOOD, '1723161253000000000 {"e":"depthUpdate"'], 'line 7: a depth frame is not JSON'],
    ['time.jsonl', [...GOOD, 'yesterday {}'], 'line 7 does not begin with a receive time'],
    ['no-snapshot.jsonl', [GOOD[0] ?? ''], 'there is no depth snapshot in it'],
    ['no-depth.jsonl', [TICKER, snapshot(1, 1)], 'there are no depth events in it'],
    [
      'mixed.jsonl',
      [...GOOD, depth(1, { U: 1, u: 2, s: 'ETHUSDT' }, [])],
      'line 7: it has depth events of BTCUSDT and of',
    ],
  ])('names file and fault: %s', async (name, lines, message) => {
    const path = await record(name, lines);
    expect(await faultOf(play([{ path }]))).toContain(`badFeed: ${name}: ${message}`);
  });

  it('gives what came before a gap', async () => {
    const path = await record('partly.jsonl', [...GOOD, depth(300, { U: 12, u: 13 }, [])]);
    const source = await openRecordingSource({ files: [{ path }], speed: Infinity, isLooping: false });
    const seqs: number[] = [];
    const reading = async (): Promise<void> => {
      for await (const event of source.events('BTCUSDT', new AbortController().signal)) seqs.push(event.venueSeq);
    };
    expect(await faultOf(reading())).toContain('line 7');
    expect(seqs).toEqual([6, 8, 9]);
  });

  describe('a file that cannot be replayed', () => {
    const whole = gzipSync(GOOD.join('\n'));
    const damaged = Buffer.from(whole);
    damaged.fill(0, 20, 30);

    it.each<[string, string | Buffer, string]>([
      ['empty.jsonl', '', 'it is empty'],
      ['blank.jsonl', '\n \n\r\n', 'it is empty'],
      ['empty.jsonl.gz', gzipSync(''), 'it is empty'],
      ['short.jsonl.gz', whole.subarray(0, -9), 'it is cut short: its gzipped data ends too early'],
      ['damaged.jsonl.gz', damaged, 'its gzipped data is damaged'],
      [
        'tape.csv',
        'time,price\n1,2\n',
        'line 1 does not begin with a receive time in nanoseconds: expected "<nanoseconds> <JSON>"',
      ],
      ['time.jsonl', '1723161253000000000\n', 'line 1 does not begin with a receive time'],
    ])('is told in words: %s', async (name, content, message) => {
      const path = join(folder, name);
      await writeFile(path, content);
      expect(await faultOf(play([{ path }]))).toContain(`badFeed: ${name}: ${message}`);
    });

    it('is told in words where it is missing, or a folder', async () => {
      const missing = join(folder, 'missing.jsonl.gz');
      expect(await faultOf(play([{ path: missing }]))).toBe('badFeed: missing.jsonl.gz: there is no such file');
      const fault = await faultOf(play([{ path: join(folder, '.') }]));
      expect(fault).toMatch(/: it is no regular file: a recording is read more than once$/);
    });

    it('leaves the others alone, under the name that it was to have', async () => {
      const source = await openRecordingSource({
        files: [
          { path: join(folder, 'missing.jsonl') },
          { path: await record('good.jsonl', GOOD) },
          { path: await record('bad.jsonl', [TICKER]), symbol: 'BAD' },
        ],
        speed: 1,
        isLooping: true,
      });
      expect(source.instruments.map(({ symbol }) => symbol)).toEqual(['BTCUSDT']);
      expect(source.missing).toEqual([join(folder, 'missing.jsonl'), 'BAD']);
      const read = (): unknown => source.events('BAD', new AbortController().signal);
      expect(read).toThrow(/bad.jsonl: there are no depth events in it$/);
    });

    it('is refused where there is no other, each with its reason', async () => {
      const files = [{ path: join(folder, 'missing.jsonl') }, { path: await record('bad.jsonl', [TICKER]) }];
      expect(await faultOf(openRecordingSource({ files, speed: 1, isLooping: true }))).toBe(
        'badFeed: none of the recordings can be replayed: missing.jsonl: there is no such file; ' +
          'bad.jsonl: there are no depth events in it',
      );
    });
  });

  it('goes by what is in a file, whatever it is called, and by either ending of lines', async () => {
    const [plain, zipped] = ['plain.jsonl.gz', 'zipped.jsonl'].map((name) => join(folder, name)) as [string, string];
    await writeFile(plain, GOOD.join('\r\n'));
    await writeFile(zipped, gzipSync(GOOD.join('\n')));
    expect(await play([{ path: plain }])).toHaveLength(3);
    expect(await play([{ path: zipped }])).toEqual(await play([{ path: plain }]));
  });
});
