/** What one call is about at most: Redis does nothing else meanwhile. */
const MOST = 256;

/** All of them in their order, in lists of 256 and one of the rest. */
export function pagesOf<T>(all: readonly T[]): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / MOST) }, (_, i) => all.slice(i * MOST, (i + 1) * MOST));
}
