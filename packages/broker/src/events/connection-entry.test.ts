import { describe, expect, it } from 'vitest';
import { readConnectionEntry, writeConnectionEntry } from './connection-entry.ts';

describe('readConnectionEntry', () => {
  it.each(['ann', 'Zoë von und zu', 'user guest', ' a\u2028b '])('has what was written of %j', (user) => {
    for (const isGuest of [true, false]) {
      const entry = { connection: 'gw-1-2f', user, isGuest };
      expect(readConnectionEntry(writeConnectionEntry(entry))).toEqual(entry);
    }
  });

  it.each(['', 'ann', 'gw-1-2f somebody ann'])('takes %j for none', (name) => {
    expect(readConnectionEntry(name)).toBeUndefined();
  });
});
