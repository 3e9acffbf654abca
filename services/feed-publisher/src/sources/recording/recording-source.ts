import { type FeedInstrument, OutcryError } from '@outcry/broker';
import { isSymbol } from '@outcry/protocol';

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

interface Recording {
  readonly path: string;
  readonly instrument: FeedInstrument;
}

/**
 * Opens recordings of depth streams, one symbol each. Every file is read through once for its scales before this resolves.
 *
 * @throws OutcryError `badFeed` where a file is not a recording, `badConfig` where two of them give one symbol
 */
export async function openRecordingSource(options: RecordingOptions): Promise<BookSource<BookEvent>> {
  const recordings = new Map<string, Recording>();
  for (const file of options.files) {
    const recording = await openRecording(file);
    const { symbol } = recording.instrument;
    const other = recordings.get(symbol);
    if (other !== undefined) {
      throw new OutcryError(
        'badConfig',
        `${other.path} and ${file.path} are both recordings of ${symbol}: name one of them, as in ${symbol}-2=${file.path}`,
      );
    }
    recordings.set(symbol, recording);
  }
  return {
    instruments: [...recordings.values()].map(({ instrument }) => instrument),
    events: (symbol, signal) => {
      const recording = recordings.get(symbol);
      if (recording === undefined) throw new OutcryError('badFeed', `there is no recording of ${symbol}`);
      return replay(recording, options, signal);
    },
    close: () => Promise.resolve(),
  };
}

async function openRecording(file: RecordingFile): Promise<Recording> {
  try {
    const summary = await inspectRecording(file.path);
    const symbol = file.symbol ?? summary.symbol;
    if (!isSymbol(symbol)) {
      throw new OutcryError(
        'badConfig',
        `its symbol ${symbol} cannot be one here: name it, as in BTCUSDT=${file.path}`,
      );
    }
    const { priceScale, sizeScale } = summary;
    return { path: file.path, instrument: { symbol, priceScale, sizeScale } };
  } catch (err) {
    throw withPath(err, file.path);
  }
}

async function* replay(
  recording: Recording,
  { speed, isLooping }: RecordingOptions,
  signal: AbortSignal,
): AsyncGenerator<BookEvent, void, undefined> {
  const pacer = new Pacer(speed);
  try {
    do {
      pacer.restart();
      yield* playOnce(recording, pacer, signal);
    } while (isLooping && !signal.aborted);
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
