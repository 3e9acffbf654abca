import { expect, it } from 'vitest';
import { findProblems, formatResults, scoreOf, type ScriptResult } from './report.ts';

const names = (count: number): ReadonlyMap<string, string> =>
  new Map(Array.from({ length: count }, (_, i) => [`mutant ${String(i)}`, 'a test']));
const result = (noticed: number, ...survivors: readonly string[]): ScriptResult => ({
  script: 'rooms/publish',
  noticed: names(noticed),
  survivors,
});

it('counts survivors, those that do no harm too', () => {
  expect(scoreOf([result(9, 'a'), result(8, 'b', 'c')])).toBe(85);
  expect(formatResults([result(9, 'a')])).toMatch(/^rooms\/publish +10 +1 +90\.0 %\nall +10 +1 +90\.0 %$/);
});

it('finds nothing wrong where each survivor has its reason and the score is high enough', () => {
  expect(findProblems([result(9, 'a')], { 'rooms/publish': { a: 'because' } })).toEqual([]);
});

it('names survivors without a reason, reasons without a survivor, and a score that is too low', () => {
  const known = { 'rooms/publish': { 'mutant 1': 'because', gone: 'because' }, 'rooms/open': { other: 'because' } };
  expect(findProblems([result(8, 'a')], known)).toEqual([
    'rooms/publish: nobody notices a',
    'rooms/publish: is noticed, and stands among the survivors: mutant 1',
    'rooms/publish: cannot be planted any more: gone',
    'the score is 88.9 %, at least 90 % is asked for',
  ]);
});
