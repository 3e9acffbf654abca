import { readFileSync } from 'node:fs';

import { expect, it } from 'vitest';

import { FAULTS } from './faults.ts';
import { plantInSource } from './plant-in-source.ts';

const ROOT = new URL('../../../../', import.meta.url);
const PAGE = readFileSync(new URL('docs/testing/planted.md', ROOT), 'utf8');

/** As a table has it: bars in code would be its own. */
function rowOf({ name, felt, file, test }: (typeof FAULTS)[number]): string {
  const cells = [`\`${name}\``, felt, `\`${file}\``, `\`${test.file}\`: ${test.name}`];
  return cells.join(' | ');
}

it('has each fault under a name of its own, and each of them on the page', () => {
  expect(new Set(FAULTS.map(({ name }) => name)).size).toBe(FAULTS.length);
  const rows = PAGE.split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .replace(/^\| /, '')
        .replace(/ *\|$/, '')
        .replaceAll(/ +\| +/g, ' | '),
    );
  expect(rows).toEqual(FAULTS.map(rowOf));
});

it('plants a fault where it can only be meant', () => {
  expect(plantInSource('a(); b();', { from: 'b();', to: '' })).toBe('a(); ');
  expect(plantInSource('a(); a();', { from: 'a();', to: '' })).toBeUndefined();
  expect(plantInSource('a();', { from: 'b();', to: '' })).toBeUndefined();
});

it.each(FAULTS.map((fault) => [fault.name, fault] as const))('can still be planted: %s', (_, fault) => {
  expect(plantInSource(readFileSync(new URL(fault.file, ROOT), 'utf8'), fault)).toBeDefined();
});
