import { SYMBOL_RULE } from '@outcry/protocol';

/** What stands between the commas of a setting. */
export function entriesOf(list: string): readonly string[] {
  return list.split(',').map((entry) => entry.trim());
}

/** A problem of a setting that is to name a symbol, in a line. */
export function notASymbol(setting: string, text: string): string {
  return `${setting}: ${JSON.stringify(text)} is not a symbol: expected ${SYMBOL_RULE}`;
}

export function isRepeating(items: readonly { readonly symbol: string }[]): boolean {
  return new Set(items.map(({ symbol }) => symbol)).size < items.length;
}
