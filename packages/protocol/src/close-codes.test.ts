import { describe, expect, test } from 'vitest';

import { CLOSE_CODES, type CloseCode, Retry, retryAfter } from './index.ts';

const rows: [string, CloseCode][] = Object.entries(CLOSE_CODES);
/** RFC 6455 §5.5: a control frame has 125 bytes, two of which are the code. */
const MAX_REASON_BYTES = 123;
const RANGES: readonly [from: number, to: number, retry: Retry][] = [
  [4000, 4099, Retry.Never],
  [4100, 4199, Retry.Wait],
  [4200, 4299, Retry.Now],
];

describe('the close codes', () => {
  test('are unique, and so are their reasons', () => {
    expect(new Set(rows.map(([, { code }]) => code)).size).toBe(rows.length);
    expect(new Set(rows.map(([, { reason }]) => reason)).size).toBe(rows.length);
  });

  test.each(rows)('%s has a reason that fits into a close frame', (_, { reason }) => {
    expect(reason).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(new TextEncoder().encode(reason).length).toBeLessThanOrEqual(MAX_REASON_BYTES);
  });

  test.each(rows)('%s says the same as the range of its code', (_, { code, retry }) => {
    if (code >= 4000) {
      expect(RANGES.find(([from, to]) => code >= from && code <= to)?.[2]).toBe(retry);
    } else {
      expect([1003, 1009, 1011, 1012]).toContain(code);
    }
    expect(retryAfter(code)).toBe(retry);
  });

  test.each(RANGES)('from %i to %i decide for codes that are not in the table', (from, to, retry) => {
    const unknown = [from, from + 57, to].filter((code) => !rows.some(([, row]) => row.code === code));
    expect(unknown.map(retryAfter)).toEqual(unknown.map(() => retry));
  });

  test.each([
    [1000, Retry.Wait],
    [1001, Retry.Wait],
    [1006, Retry.Wait],
    [3000, Retry.Wait],
    [4300, Retry.Wait],
    [4999, Retry.Wait],
  ])('leave %i at %s', (code, retry) => {
    expect(retryAfter(code)).toBe(retry);
  });
});
