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

/**
 * The median of comparisons, round by round: what the machine was like in a round fell on both.
 *
 * @throws RangeError where there are not as many of the one as of the other
 */
export function medianByRound(
  values: readonly number[],
  references: readonly number[],
  compare: (value: number, reference: number) => number,
): number {
  if (values.length !== references.length) throw new RangeError('expected as many values as references');
  return median(values.map((value, round) => compare(value, references[round] ?? NaN)));
}
