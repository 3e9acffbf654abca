import { readFileSync } from 'node:fs';

import { expect, it } from 'vitest';

import { withDiagrams } from './architecture-document.ts';
import { HOUSE } from './map.ts';

const document = readFileSync(new URL('../../../docs/ARCHITECTURE.md', import.meta.url), 'utf8');

it('finds docs/ARCHITECTURE.md as the map says (npm run docs)', () => {
  expect(withDiagrams(document)).toBe(document);
});

it('draws what the house becomes', () => {
  const { 'services/gateway': gateway, ...others } = HOUSE;
  const moved = { ...others, 'services/gateway': { is: 'changed', imports: [], floors: [{ cellar: 'wine' }] } };
  expect(gateway).toBeDefined();
  expect(withDiagrams(document, moved)).toContain('_cellar["<b>cellar</b><br>wine"]');
  expect(withDiagrams(document, moved)).not.toBe(document);
});

it('asks for the place of the diagrams', () => {
  expect(() => withDiagrams('# Architecture')).toThrow('expected the lines "<!-- From here on drawn');
});
