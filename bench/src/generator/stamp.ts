/**
 * A time within a payload, that a member finds without decoding the frame: a mark and sixteen digits, microseconds of the
 * machine's monotonic clock, which all its processes share.
 */
const MARK = '~@';
const DIGITS = 16;
const PLACEHOLDER = MARK + '0'.repeat(DIGITS);

/** A text of this many bytes with room for a stamp. */
export function stampedText(bytes: number): string {
  return PLACEHOLDER.padEnd(bytes, 'x');
}

/**
 * Where the digits of an encoded payload's stamp begin.
 *
 * @throws Error where the frame has no stamp
 */
export function findStamp(frame: Buffer): number {
  const at = frame.indexOf(MARK);
  if (at === -1) throw new Error('expected a frame with a stamped payload');
  return at + MARK.length;
}

export function writeStamp(frame: Buffer, at: number, micros: number): void {
  frame.write(String(micros).padStart(DIGITS, '0'), at, 'latin1');
}

/** Microseconds; undefined where there is no whole stamp in the bytes. */
export function readStamp(bytes: Buffer): number | undefined {
  const mark = bytes.indexOf(MARK, 0, 'latin1');
  const at = mark + MARK.length;
  if (mark === -1 || bytes.length < at + DIGITS) return undefined;
  const micros = Number(bytes.toString('latin1', at, at + DIGITS));
  return Number.isSafeInteger(micros) ? micros : undefined;
}

/** Microseconds of the monotonic clock. */
export function monotonicMicros(): number {
  return Number(process.hrtime.bigint() / 1000n);
}
