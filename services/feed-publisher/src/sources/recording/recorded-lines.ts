import { open } from 'node:fs/promises';
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

/** The first bytes of gzipped data, whatever its file is called. */
const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);

/**
 * Streams a recording, gzipped or plain. At most one chunk is held; the file is closed when the consumer stops.
 *
 * @throws OutcryError `badFeed` where the file cannot be read or a line is not of that form
 */
export async function* readRecordedLines(path: string): AsyncGenerator<RecordedLine, void, undefined> {
  let number = 0;
  try {
    for await (const text of readLines(path)) {
      number++;
      if (text.trim() !== '') yield parseLine(text, number);
    }
  } catch (err) {
    if (err instanceof OutcryError) throw err;
    const where = number === 0 ? '' : ` behind line ${String(number)}`;
    throw new OutcryError('badFeed', `${describeFault(err)}${where}`, { cause: err });
  }
}

async function* readLines(path: string): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of await openRecording(path)) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MAX_LINE_CHARS)
      throw new OutcryError('badFeed', 'it has a line of more than 16 MiB: that is no recording');
    yield* lines;
  }
  if (rest !== '') yield rest;
}

async function openRecording(path: string): Promise<AsyncIterable<Uint8Array>> {
  const file = await open(path);
  try {
    if (!(await file.stat()).isFile())
      throw new OutcryError('badFeed', 'it is no regular file: a recording is read more than once');
    const { buffer, bytesRead } = await file.read(Buffer.alloc(GZIP_MAGIC.length), { position: 0 });
    const stream = file.createReadStream({ start: 0 });
    if (!buffer.subarray(0, bytesRead).equals(GZIP_MAGIC)) return stream;
    // An error of either stream destroys the other and comes out of the iteration, so the callback has nothing to add.
    return pipeline(stream, createGunzip(), () => undefined);
  } catch (err) {
    await file.close();
    throw err;
  }
}

function parseLine(text: string, number: number): RecordedLine {
  const [, nanoseconds, json] = /^(\d{1,20}) (.*)$/s.exec(text) ?? [];
  if (nanoseconds === undefined || json === undefined) {
    const message = `line ${String(number)} does not begin with a receive time in nanoseconds: expected "<nanoseconds> <JSON>"`;
    throw new OutcryError('badFeed', message);
  }
  return { number, receivedAt: Number(nanoseconds) / NANOSECONDS_PER_MS, json };
}

const FAULTS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'this user may not read it',
  Z_BUF_ERROR: 'it is cut short: its gzipped data ends too early',
  Z_DATA_ERROR: 'its gzipped data is damaged',
};

function describeFault(err: unknown): string {
  const code = err instanceof Error && 'code' in err ? String(err.code) : '';
  return FAULTS[code] ?? `it cannot be read: ${err instanceof Error ? err.message : String(err)}`;
}
