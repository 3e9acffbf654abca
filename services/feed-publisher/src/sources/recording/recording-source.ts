import { type FeedInstrument, OutcryError } from '@outcry/broker';
import { isSymbol, SourceKind } from '@outcry/protocol';
import { delay } from '@outcry/worker';

import { Pacer } from '../../pacing/pacer.ts';
import type { BookEvent, BookSource } from '../book-source.ts';
import { inspectRecording } from './inspect-recording.ts';
import { RecordedBook } from './recorded-book.ts';
import { readRecordedLines } from './recorded-lines.ts';

export interface RecordingFile {
  readonly path: string;
  /** What the book is called; without it, as the venue calls it in the file. */
  readonly symbol?: string | undefined;
}

export interface RecordingOptions {
  readonly files: readonly RecordingFile[];
  /** How many times as fast as it was received; `Infinity` as fast as the consumer takes it. */
  readonly speed: number;
  /** Begins again behind the end, with the snapshot; otherwise the stream ends there. */
  readonly isLooping: boolean;
}

/** A pass that is over sooner is followed by the next after so long: each is a new epoch for all watchers. */
const MIN_PASS_MS = 1000;

interface Recording {
  readonly path: string;
  readonly instrument: FeedInstrument;
}

/**
 * Opens recordings of depth streams, one symbol each. Every file is read through once for its scales before this resolves. One
 * that cannot be replayed leaves the others alone: its feed fails, with the reason.
 *
 * @throws OutcryError `badFeed` or `badConfig` where none can be replayed, `badConfig` where two of them give one symbol
 */
export async function openRecordingSource(options: RecordingOptions): Promise<BookSource<BookEvent>> {
  const recordings = new Map<string, Recording>();
  const faults = new Map<string, OutcryError>();
  const paths = new Map<string, string>();
  for (const file of options.files) {
    const opened = await tryOpen(file);
    const name = opened instanceof OutcryError ? (file.symbol ?? file.path) : opened.instrument.symbol;
    checkIsOnly(name, { path: file.path, other: paths.get(name) });
    paths.set(name, file.path);
    if (opened instanceof OutcryError) faults.set(name, opened);
    else recordings.set(name, opened);
  }
  if (recordings.size === 0) throw allOf([...faults.values()]);
  return {
    kind: SourceKind.Replay,
    mayRecover: false,
    instruments: [...recordings.values()].map(({ instrument }) => instrument),
    missing: [...faults.keys()],
    events: (symbol, signal) => {
      const recording = recordings.get(symbol);
      if (recording !== undefined) return replay(recording, options, signal);
      throw faults.get(symbol) ?? new OutcryError('badFeed', `there is no recording of ${symbol}`);
    },
    close: () => Promise.resolve(),
  };
}

async function tryOpen(file: RecordingFile): Promise<Recording | OutcryError> {
  try {
    return await openRecording(file);
  } catch (err) {
    const fault = withPath(err, file.path);
    if (fault instanceof OutcryError) return fault;
    throw fault;
  }
}

async function openRecording({ path, symbol: givenSymbol }: RecordingFile): Promise<Recording> {
  const { symbol: ownSymbol, priceScale, sizeScale } = await inspectRecording(path);
  const symbol = givenSymbol ?? ownSymbol;
  if (!isSymbol(symbol)) {
    const message = `its symbol ${JSON.stringify(symbol)} cannot be one here: name it, as in BTCUSDT=${path}`;
    throw new OutcryError('badConfig', message);
  }
  return { path, instrument: { symbol, priceScale, sizeScale } };
}

function checkIsOnly(
  symbol: string,
  { path, other }: { readonly path: string; readonly other: string | undefined },
): void {
  if (other === undefined) return;
  const message = `${other} and ${path} are both recordings of ${symbol}: name one of them, as in ${symbol}-2=${path}`;
  throw new OutcryError('badConfig', message);
}

function allOf(faults: readonly OutcryError[]): OutcryError {
  const [first, ...others] = faults;
  if (first !== undefined && others.length === 0) return first;
  return new OutcryError(
    'badFeed',
    `none of the recordings can be replayed: ${faults.map(({ message }) => message).join('; ')}`,
  );
}

async function* replay(
  recording: Recording,
  { speed, isLooping }: RecordingOptions,
  signal: AbortSignal,
): AsyncGenerator<BookEvent, void, undefined> {
  const pacer = new Pacer(speed);
  try {
    for (;;) {
      const startedAt = performance.now();
      pacer.restart();
      yield* playOnce(recording, pacer, signal);
      if (!isLooping || signal.aborted) return;
      const restMs = speed === Infinity ? 0 : MIN_PASS_MS - (performance.now() - startedAt);
      if (restMs > 0) await delay(restMs, signal);
    }
  } catch (err) {
    throw withPath(err, recording.path);
  }
}

async function* playOnce(
  { path, instrument }: Recording,
  pacer: Pacer,
  signal: AbortSignal,
): AsyncGenerator<BookEvent, void, undefined> {
  const book = new RecordedBook(instrument);
  for await (const line of readRecordedLines(path)) {
    const events = book.read(line);
    if (events.length === 0) continue;
    await pacer.waitUntil(line.receivedAt, signal);
    for (const event of events) {
      if (signal.aborted) return;
      yield event;
    }
  }
  book.finish();
}

function withPath(err: unknown, path: string): unknown {
  return err instanceof OutcryError ? new OutcryError(err.code, `${path}: ${err.message}`, { cause: err }) : err;
}
