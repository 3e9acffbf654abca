/**
 * The middle one of some numbers; between two middle ones, the mean.
 *
 * @throws RangeError where there are none
 */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const high = sorted[Math.floor(middle)];
  const low = sorted[Math.ceil(middle) - 1];
  if (high === undefined || low === undefined) throw new RangeError('expected at least one number');
  return (low + high) / 2;
}
