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
