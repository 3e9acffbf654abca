import { expect, it } from 'vitest';

import { fileOf } from './process.ts';

it('starts sources, and nothing but what is installed from what was built', () => {
  expect(fileOf('services/gateway/src/main.ts', 'false')).toBe('services/gateway/src/main.ts');
  expect(fileOf('apps/standalone/src/start.ts', 'true')).toBe('apps/standalone/src/start.ts');
  expect(fileOf('tools/mutation/src/main.ts', 'true')).toBe('tools/mutation/src/main.ts');
});

it('says what is missing, and what cannot be meant', () => {
  expect(() => fileOf('services/none/src/main.ts', 'true')).toThrow(
    'there is no services/none/dist/main.js: npm run build',
  );
  expect(() => fileOf('services/gateway/src/main.ts', 'yes')).toThrow('OUTCRY_TEST_BUILT is "yes"');
});
