import { expect, it } from 'vitest';

import { withoutUncovered } from './uncovered.ts';

it('keeps of a report all but what no test had reached', () => {
  const report = {
    schemaVersion: '2',
    files: {
      'a.ts': {
        source: 'a',
        mutants: [
          { id: '1', status: 'Killed' },
          { id: '2', status: 'NoCoverage' },
        ],
      },
      'b.ts': {
        source: 'b',
        mutants: [
          { id: '3', status: 'Survived' },
          { id: '4', status: 'Ignored' },
        ],
      },
    },
  } as const;
  const mutants = [{ id: '1', status: 'Killed' }];
  expect(withoutUncovered(report)).toEqual({
    ...report,
    files: { ...report.files, 'a.ts': { source: 'a', mutants } },
  });
});
