import { ScaledNumberError } from './scaled-number-error.ts';

const ZERO = 0x30;
const NINE = 0x39;
const MINUS = 0x2d;
const POINT = 0x2e;

/** As much of a bad text as an error message quotes. */
const MAX_QUOTED_CHARS = 40;

/**
 * Reads a decimal string as an integer of `scale` decimals: ("61737.63000000", 2) is 6173763. Exact, or a
 * `ScaledNumberError`: no step goes through a fraction. Accepted is `-?digits[.digits]`, nothing else.
 */
export function parseScaled(text: string, scale: number): number {
  const isNegative = text.charCodeAt(0) === MINUS;
  const start = isNegative ? 1 : 0;
  const point = pointOf(text, start);
  const integer = appendDigits(0, text, { from: start, to: point });
  const decimalsEnd = endWithoutZeros(text);
  const decimals = Math.max(0, decimalsEnd - point - 1);
  if (decimals > scale) {
    throw new ScaledNumberError('tooPrecise', `${quote(text)} has more than ${String(scale)} decimals`);
  }
  let value = appendDigits(integer, text, { from: point + 1, to: decimalsEnd });
  for (let missing = scale - decimals; missing > 0; missing--) value = checkSize(value * 10, text);
  return isNegative && value !== 0 ? -value : value;
}

/** The decimals that a decimal string needs, its trailing zeros left out: that of "0.50" is 1. */
export function decimalsOf(text: string): number {
  const point = pointOf(text, text.charCodeAt(0) === MINUS ? 1 : 0);
  return Math.max(0, endWithoutZeros(text) - point - 1);
}

/** The least scale at which each of the decimal strings is an integer; 0 where there are none. */
export function scaleOf(texts: Iterable<string>): number {
  let scale = 0;
  for (const text of texts) scale = Math.max(scale, decimalsOf(text));
  return scale;
}

/** Index of the decimal point, or the text's length where it has none. Checks the form of the whole text on the way. */
function pointOf(text: string, start: number): number {
  let point = text.length;
  for (let i = start; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= ZERO && code <= NINE) continue;
    if (code !== POINT || point !== text.length) throw malformed(text);
    point = i;
  }
  if (point === start || point === text.length - 1) throw malformed(text);
  return point;
}

/** The end of what counts of the decimals. Where there are none to count, it is at the point or before. */
function endWithoutZeros(text: string): number {
  let end = text.length;
  while (text.charCodeAt(end - 1) === ZERO) end--;
  return end;
}

function appendDigits(value: number, text: string, range: { from: number; to: number }): number {
  let result = value;
  for (let i = range.from; i < range.to; i++) result = checkSize(result * 10 + (text.charCodeAt(i) - ZERO), text);
  return result;
}

/** Checked at every digit: the product of a safe integer and ten is exact enough to tell that it is past the limit. */
function checkSize(value: number, text: string): number {
  if (value > Number.MAX_SAFE_INTEGER) {
    throw new ScaledNumberError('tooLarge', `${quote(text)} does not fit into 2^53 at this scale`);
  }
  return value;
}

function malformed(text: string): ScaledNumberError {
  return new ScaledNumberError('malformed', `${quote(text)} is not a decimal number`);
}

function quote(text: string): string {
  return JSON.stringify(text.length > MAX_QUOTED_CHARS ? `${text.slice(0, MAX_QUOTED_CHARS)}…` : text);
}
