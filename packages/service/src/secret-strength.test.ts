import { createHash } from 'node:crypto';

import { describe, expect, it } from 'vitest';

import { weaknessOf } from './secret-strength.ts';

const PATTERN = 'is an alphabet, a row of keys, or repeats itself';

describe('weaknessOf', () => {
  it.each([
    ['Zk3vQ8pLx2Wm7Tn4Rb9Yc6Hd1Fg5Js0', 'has less than 32 characters'],
    ['change-me-change-me-change-me-now!', 'reads like an example'],
    ['a-secret-of-at-least-thirty-two-characters', 'reads like an example'],
    ['abababababababababababababababababab', 'has too few different characters'],
    ['abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz', PATTERN],
    ['abcdefghijklmnopqrstuvwxyz0123456789', PATTERN],
    ['ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz', PATTERN],
    ['zyxwvutsrqponmlkjihgfedcba9876543210', PATTERN],
    ['0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef', PATTERN],
    ['aabbccddeeffgghhiijjkkllmmnnooppqqrrss', PATTERN],
    ['qwertyuiopasdfghjklzxcvbnm1234567890', PATTERN],
    ['QWERTZUIOPasdfghjkl1234567890-=poiuytrewq', PATTERN],
    ['Zk3vQ8pLx2Wm7Zk3vQ8pLx2Wm7Zk3vQ8pLx2Wm7', PATTERN],
    ['Zk3vQ8pLx2Wm7T.Zk3vQ8pLx2Wm7T!Zk3vQ8pLx2Wm7T?', PATTERN],
    ['Zk3vQ8pLx2Wm7Tn4Rb9Yc6Hd1Fg5Js0A', undefined],
    // Drawn, and as close to a pattern as one of 150,000 is.
    ['a0bdac98747ee0000bd6600d528dd602', undefined],
    ['6f1d2c0b9a8e7d4c3b5a69788796a5b4c3d2e1f0', undefined],
  ])('of %s: %s', (secret, weakness) => {
    expect(weaknessOf(secret)).toBe(weakness);
  });

  it.each([
    ['hex', 16],
    ['hex', 32],
    ['base64', 24],
    ['base64url', 32],
  ] as const)('finds nothing in what is drawn: %s of %i bytes', (encoding, bytes) => {
    // The same in each run: what one in a hundred thousand has would come now and then.
    const drawn = (i: number): Buffer => createHash('shake256', { outputLength: bytes }).update(String(i)).digest();
    const weak = Array.from({ length: 20_000 }, (_, i) => drawn(i).toString(encoding)).filter(
      (secret) => weaknessOf(secret) === PATTERN,
    );
    expect(weak).toEqual([]);
  });
});
