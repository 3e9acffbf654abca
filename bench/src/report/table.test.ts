import { describe, expect, it } from 'vitest';

import { formatReport } from './table.ts';

describe('formatReport', () => {
  it('aligns numbers to the right and says which bounds are met', () => {
    const text = formatReport({
      title: 'Cost',
      columns: [
        { key: 'name', title: 'contestant' },
        { key: 'cost', title: 'µs', digits: 1 },
      ],
      rows: [
        { name: 'one', cost: 1.25 },
        { name: 'another', cost: 10 },
        { name: 'absent', cost: undefined },
      ],
      bounds: [
        { what: 'a', limit: 2, measured: 2 },
        { what: 'b', limit: 2, measured: 2.01 },
        { what: 'c', limit: 2, measured: undefined },
      ],
      chart: { data: { values: [] }, mark: 'bar' },
    });
    expect(text.split('\n')).toEqual([
      'Cost',
      'contestant    µs',
      '──────────  ────',
      'one          1.3',
      'another     10.0',
      'absent         –',
      '',
      '✔ a: 2.00 (at most 2)',
      '✘ b: 2.01 (at most 2)',
      '✘ c: not measured (at most 2)',
      '',
    ]);
  });
});
