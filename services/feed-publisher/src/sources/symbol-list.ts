/** What stands between the commas of a setting. */
export function entriesOf(list: string): readonly string[] {
  return list.split(',').map((entry) => entry.trim());
}

export function isRepeating(items: readonly { readonly symbol: string }[]): boolean {
  return new Set(items.map(({ symbol }) => symbol)).size < items.length;
}
