/** Something in it that is a letter or a number: what is none is no word of the index. */
const HAS_WORD = /[\p{L}\p{N}]/u;
const TERM = /(-?)"([^"]*)"?|\S+/gu;

interface Group {
  readonly wanted: string[];
  readonly unwanted: string[];
}

/**
 * Words as people type them, as FTS5 reads them: all of them, `"in this order"`, `or`, `-without`. Nothing that is typed is an operator of
 * FTS5. Undefined where nothing could be found by it: there is no word, or only such as are not to be there.
 */
export function toWordsQuery(typed: string): string | undefined {
  const groups: Group[] = [{ wanted: [], unwanted: [] }];
  for (const [term, dash, quoted] of typed.matchAll(TERM)) {
    if (quoted === undefined && term.toLowerCase() === 'or') {
      groups.push({ wanted: [], unwanted: [] });
      continue;
    }
    const isUnwanted = quoted === undefined ? term.startsWith('-') : dash === '-';
    const words = quoted ?? term;
    const group = groups.at(-1);
    if (HAS_WORD.test(words)) (isUnwanted ? group?.unwanted : group?.wanted)?.push(`"${words.replaceAll('"', '""')}"`);
  }
  const found = groups.filter(({ wanted }) => wanted.length > 0);
  if (found.length === 0) return undefined;
  return found
    .map(({ wanted, unwanted }) => [`(${wanted.join(' AND ')})`, ...unwanted].join(' NOT '))
    .map((group) => `(${group})`)
    .join(' OR ');
}
