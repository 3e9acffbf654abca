import { readFileSync } from 'node:fs';

import { expect, it } from 'vitest';

import { formatConfigurationDocument } from './configuration-document.ts';

it('finds docs/CONFIGURATION.md as the settings say (npm run docs)', () => {
  const document = readFileSync(new URL('../../../../docs/CONFIGURATION.md', import.meta.url), 'utf8');
  expect(document).toBe(formatConfigurationDocument());
});
