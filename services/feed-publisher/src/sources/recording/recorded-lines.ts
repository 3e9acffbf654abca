import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';

import { OutcryError } from '@outcry/broker';

/** One line of a recording: `<local receive time in ns> <json>`. */
export interface RecordedLine {
  /** Counted from 1. */
  readonly number: number;
  /** Unix milliseconds with decimals: a double holds microseconds here, and no timer is finer. */
  readonly receivedAt: number;
  readonly json: string;
}

const NANOSECONDS_PER_MS = 1e6;

/** No venue's frame comes near it; without a limit, a file that has no line ends would be taken into memory whole. */
const MAX_LINE_CHARS = 16 * 1024 * 1024;

/**
 * Streams a recording, gzipped (`.gz`) or plain. At most one chunk is held; the file is closed when the consumer stops.
 *
 * @throws OutcryError `badFeed` where the file cannot be read or a line is not of that form
 */
export async function* readRecordedLines(path: string): AsyncGenerator<RecordedLine, void, undefined> {
  let number = 0;
  try {
    for await (const text of readLines(path)) {
      number++;
      if (text !== '') yield parseLine(text, number);
    }
  } catch (err) {
    if (err instanceof OutcryError) throw err;
    const reason = err instanceof Error ? err.message : String(err);
    const where = number === 0 ? '' : ` past line ${String(number)}`;
    throw new OutcryError('badFeed', `it cannot be read${where}: ${reason}`, { cause: err });
  }
}

async function* readLines(path: string): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of openRecording(path)) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MAX_LINE_CHARS) throw new Error('a line is too long');
    yield* lines;
  }
  if (rest !== '') yield rest;
}

function openRecording(path: string): AsyncIterable<Uint8Array> {
  const file = createReadStream(path);
  if (!path.endsWith('.gz')) return file;
  // An error of either stream destroys the other and comes out of the iteration, so the callback has nothing to add.
  return pipeline(file, createGunzip(), () => undefined);
}

function parseLine(text: string, number: number): RecordedLine {
  const blank = text.indexOf(' ');
  const nanoseconds = text.slice(0, blank);
  if (!/^\d{1,20}$/.test(nanoseconds)) {
    throw new OutcryError('badFeed', `line ${String(number)} does not begin with a receive time in nanoseconds`);
  }
  return { number, receivedAt: Number(nanoseconds) / NANOSECONDS_PER_MS, json: text.slice(blank + 1) };
}
