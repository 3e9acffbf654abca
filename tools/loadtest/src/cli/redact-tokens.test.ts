import { expect, it } from 'vitest';

import { redactTokens } from './redact-tokens.ts';

it('hides tokens, however they were given, and nothing else', () => {
  const args = ['chat', '--token', 'abc', '--token-file', 'tokens.txt', '--token=abc', '-c', '5'];
  expect(redactTokens(args)).toEqual(['chat', '--token', '…', '--token-file', 'tokens.txt', '--token=…', '-c', '5']);
});
