import { describe, expect, it } from 'vitest';

import type { Mutant } from './suite.ts';
import { describeMutant, readSurvivors } from './survivors.ts';

const MUTANT: Mutant = {
  file: 'services/gateway/src/rooms/room.ts',
  line: 7,
  original: 'seq > last',
  replacement: 'seq >= last',
  outcome: 'survived',
};

const LIST = `# Faults

## rooms

Both are the same,
and nobody sees it.

- \`room.ts\`: \`seq > last\` → \`seq >= last\`
- \`room.ts\`: \`close();\` → nothing (2 times)

Only a log says so.

- \`tail.ts\`: \`{ log(); }\` → \`{}\`

## books

One reason.

- \`book.ts\`: \`a\` → \`b\`
`;

describe('the list of survivors', () => {
  it('names a fault by its file and its code, in one line, whatever its length', () => {
    expect(describeMutant(MUTANT)).toBe('`room.ts`: `seq > last` → `seq >= last`');
    const original = `{\n  const name = \`a\`;\n${'  next();\n'.repeat(50)}}`;
    const name = describeMutant({ ...MUTANT, original, replacement: '' });
    expect(name).toMatch(/^`room\.ts`: `\{ const name = 'a'; next\(\); next[^`]*…` → nothing$/);
    expect(name.length).toBeLessThan(130);
  });

  it('gives each item the paragraph above it as its reason, in its own section only', () => {
    expect(readSurvivors(LIST, 'rooms')).toEqual([
      { mutant: '`room.ts`: `seq > last` → `seq >= last`', times: 1, why: 'Both are the same, and nobody sees it.' },
      { mutant: '`room.ts`: `close();` → nothing', times: 2, why: 'Both are the same, and nobody sees it.' },
      { mutant: '`tail.ts`: `{ log(); }` → `{}`', times: 1, why: 'Only a log says so.' },
    ]);
    expect(readSurvivors(LIST, 'books')).toHaveLength(1);
    expect(readSurvivors(LIST, 'room')).toEqual([]);
  });

  it('refuses an item without a reason, and what is no item', () => {
    expect(() => readSurvivors('## rooms\n\n- `a.ts`: `x` → `y`\n', 'rooms')).toThrow('that says why it does no harm');
    expect(() => readSurvivors('## rooms\n\nWhy.\n\n- a.ts\n', 'rooms')).toThrow('- a.ts');
  });
});
