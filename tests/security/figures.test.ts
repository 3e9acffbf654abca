import { existsSync, readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

const ROOT = new URL('../../', import.meta.url);
const DOCUMENTS = ['SECURITY.md', 'docs/OPERATIONS.md'];

/** Of what is said, not of what is shown: examples of code have figures, too. */
const CODE = /^```.*?^```$/gms;
/** A list's item, a table's row, a paragraph. */
const BLOCKS = /\n\s*\n|\n(?=[|-] )/;
const FIGURE =
  /(?:\b\d[\d,.]*\s?(?:ms|s|seconds?|minutes?|hours?|days?|bytes|[KMG]i?B|%|characters|accounts|connections)\b|\s\/\d+\b)/;
/** Names, settings and quotations are no figures. */
const QUOTED = /`[^`]*`|“[^”]*”/g;

const ROW = /^\| (?!words|---)(.+?) \| (.+?) \|$/gm;
const EVIDENCE = /`([^`]+\.ts)`: ((?:“[^”]+”(?:, )?)+)/g;

interface Figure {
  readonly words: string;
  readonly shownBy: readonly { readonly file: string; readonly name: string }[];
}

const figures = readFigures();

describe.each(DOCUMENTS)('the figures of %s', (name) => {
  const text = readFileSync(new URL(name, ROOT), 'utf8');
  const rows = figures.get(name.replace('docs/', '')) ?? [];

  it('each name a test, or stand in docs/testing/figures.md beside one', () => {
    const bare = sentencesOf(text)
      .filter((sentence) => FIGURE.test(sentence.replaceAll(QUOTED, '')))
      .filter((sentence) => !sentence.includes('.test.ts') && !rows.some(({ words }) => sentence.includes(words)));
    expect(bare).toEqual([]);
  });

  it.each(rows.map((row) => [row.words, row.shownBy, text] as const))(
    'are said so, and shown: %s',
    (words, shownBy) => {
      expect(text.replaceAll(/\s+/g, ' ').includes(words)).toBe(true);
      expect(shownBy).not.toEqual([]);
      for (const { file, name: test } of shownBy) {
        expect(existsSync(new URL(file, ROOT)), file).toBe(true);
        expect(readFileSync(new URL(file, ROOT), 'utf8').includes(`'${test}'`), `${file}: ${test}`).toBe(true);
      }
    },
  );
});

function sentencesOf(text: string): readonly string[] {
  return text
    .replaceAll(CODE, '')
    .split(BLOCKS)
    .map((block) => block.replaceAll(/\s+/g, ' ').trim())
    .flatMap((block) => (block.startsWith('|') ? [block] : block.split(/(?<=[.!?]) (?=[A-Z`])/)));
}

/** By document. */
function readFigures(): ReadonlyMap<string, readonly Figure[]> {
  const [, ...sections] = readFileSync(new URL('docs/testing/figures.md', ROOT), 'utf8').split(/^## /m);
  return new Map(
    sections.map((section) => [
      section.slice(0, section.indexOf('\n')),
      [...section.matchAll(ROW)].map(([, words = '', shownBy = '']) => ({
        words: words.trim(),
        shownBy: readEvidence(shownBy),
      })),
    ]),
  );
}

function readEvidence(cell: string): Figure['shownBy'] {
  return [...cell.matchAll(EVIDENCE)].flatMap(([, file = '', names = '']) =>
    [...names.matchAll(/“([^”]+)”/g)].map(([, name = '']) => ({ file, name })),
  );
}
