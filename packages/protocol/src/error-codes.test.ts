import { expect, test } from 'vitest';

import { ERROR_CODES, type ErrorCode } from './index.ts';

test.each<[string, ErrorCode]>(Object.entries(ERROR_CODES))('%s stands under its own name', (name, { code }) => {
  expect(code).toBe(name);
});
