import { describe, expect, it } from 'vitest';

import { formatVerdict } from './format-verdict.ts';
import type { Mutant } from './suite.ts';
import type { Survivor } from './survivors.ts';
import { judge } from './verdict.ts';

const LISTED: Survivor = { mutant: '`a.ts`: `x` → `y`', times: 1, why: 'Nobody sees it.' };

/** Faults of one file that read alike. */
function planted(counts: Partial<Record<Mutant['outcome'], number>>, file = 'src/a.ts'): Mutant[] {
  return Object.entries(counts).flatMap(([outcome, count]) =>
    Array.from({ length: count }, (_, i) => ({
      file,
      line: i + 1,
      original: 'x',
      replacement: 'y',
      outcome: outcome as Mutant['outcome'],
    })),
  );
}

describe('the verdict on a folder', () => {
  it('passes where enough is caught and every survivor is listed', () => {
    const verdict = judge(planted({ caught: 15, timeout: 2, survived: 3 }), [{ ...LISTED, times: 3 }]);
    expect(verdict).toMatchObject({ score: 85, unlisted: [], outdated: [], isPassed: true });
    expect(formatVerdict('a', verdict, 'list.md')).not.toMatch('expected');
  });

  it('fails below 85 %, however well all survivors are explained', () => {
    const verdict = judge(planted({ caught: 84_999, survived: 15_001 }), [{ ...LISTED, times: 15_001 }]);
    expect(verdict).toMatchObject({ unlisted: [], outdated: [], isPassed: false });
    expect(formatVerdict('a', verdict, 'list.md')).toMatch('84.9 %');
  });

  it('fails at a survivor more than the list has, and says where it is', () => {
    const verdict = judge(planted({ caught: 98, survived: 2 }), [LISTED]);
    expect(verdict).toMatchObject({
      isPassed: false,
      unlisted: [{ mutant: LISTED.mutant, file: 'src/a.ts', line: 2 }],
    });
    expect(formatVerdict('a', verdict, 'list.md')).toMatch('(src/a.ts:2):\n- `a.ts`: `x` → `y`');
  });

  it('fails where the list names what is caught by now', () => {
    const verdict = judge(planted({ caught: 10 }), [LISTED]);
    expect(verdict).toMatchObject({ isPassed: false, outdated: [LISTED.mutant] });
  });

  it('fails where nothing could be planted', () => {
    expect(judge([], [])).toMatchObject({ score: 0, isPassed: false });
  });

  it('has a score for each file', () => {
    const { files } = judge([...planted({ caught: 3, survived: 1 }), ...planted({ timeout: 1 }, 'src/b.ts')], []);
    expect(files).toEqual([
      { file: 'src/a.ts', planted: 4, timeouts: 0, survived: 1, score: 75 },
      { file: 'src/b.ts', planted: 1, timeouts: 1, survived: 0, score: 100 },
    ]);
  });
});
