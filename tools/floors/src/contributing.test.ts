import { existsSync, readFileSync } from 'node:fs';

import { expect, it } from 'vitest';

const ROOT = new URL('../../../', import.meta.url);

it('finds every file that CONTRIBUTING.md names', () => {
  const document = readFileSync(new URL('CONTRIBUTING.md', ROOT), 'utf8');
  const files = Array.from(document.matchAll(/`([\w.-]+\/[\w./-]+\.(?:ts|md|json))`/g), ([, file = '']) => file);
  expect(files.length).toBeGreaterThan(20);
  expect(files.filter((file) => !existsSync(new URL(file, ROOT)))).toEqual([]);
});
