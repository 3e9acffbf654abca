import { formatScaled } from '@outcry/protocol';

/** A decimal string as an integer of 10^-scale units: ("61837.63", 2) is 6183763. Exact up to 2^53 units. */
function toUnits(text: string, scale: number): number {
  const [whole = '', fraction = ''] = text.split('.');
  return Number(whole + fraction.padEnd(scale, '0').slice(0, scale));
}

/** The difference of two decimals, exact, with `scale` decimal places. */
export function subtract(a: string, b: string, scale: number): string {
  return formatScaled(toUnits(a, scale) - toUnits(b, scale), scale);
}

/** The middle of two decimals, exact: with one decimal place more than `scale`, because half a tick needs it. */
export function middle(a: string, b: string, scale: number): string {
  return formatScaled((toUnits(a, scale) + toUnits(b, scale)) * 5, scale + 1);
}

/** Adds up decimals: the sums so far, one for each, with `scale` decimal places. */
export function runningTotals(values: readonly string[], scale: number): string[] {
  let total = 0;
  return values.map((value) => formatScaled((total += toUnits(value, scale)), scale));
}

/** Groups the digits before the point by threes: "61837.63" is "61,837.63". */
export function groupDigits(text: string): string {
  const [whole = '', fraction] = text.split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** Splits off the zeros at the end of a decimal, so that a view can tone them down: "3.78000" is "3.78" and "000". */
export function splitZeros(text: string): [significant: string, zeros: string] {
  const zeros = text.includes('.') ? (/\.?0+$/.exec(text)?.[0] ?? '') : '';
  return [text.slice(0, text.length - zeros.length), zeros];
}
