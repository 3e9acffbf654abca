import { existsSync, readFileSync } from 'node:fs';

import { describe, expect, test } from 'vitest';

const ROOT = new URL('../../', import.meta.url);
/** S30 to S33 are about deployment. */
const ATTACKS = [...range(1, 29), ...range(34, 38)].map((number) => `S${String(number)}`);

const ROW = /^\| (S\d+): [^|]+\|([^|]+)\|$/gm;
const EVIDENCE = /`([^`]+)`: “([^”]+)”/g;

const rows = new Map(
  [...readFileSync(new URL('SECURITY.md', ROOT), 'utf8').matchAll(ROW)].map(([, attack = '', shownBy = '']) => [
    attack,
    [...shownBy.matchAll(EVIDENCE)].map(([, file = '', name = '']) => ({ file, name })),
  ]),
);

describe('the attacks of SECURITY.md', () => {
  test('are all of them', () => {
    expect([...rows.keys()]).toEqual(ATTACKS);
  });

  test.each([...rows])('name the tests of %s, which are there', (_, evidence) => {
    expect(evidence).not.toEqual([]);
    for (const { file, name } of evidence) {
      const path = new URL(file, ROOT);
      expect(existsSync(path), file).toBe(true);
      expect(readFileSync(path, 'utf8'), `${file}: ${name}`).toContain(`'${name}'`);
    }
  });
});

function range(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
