/** What a reader takes for one character, which may be many code points. */
const SEGMENTER = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** The first character of a name, as an avatar shows it: "É" of "élodie", a whole flag of a name that begins with one. */
export function initialOf(name: string): string {
  for (const { segment } of SEGMENTER.segment(name)) {
    if (segment.trim() === '') continue;
    const capital = segment.toLocaleUpperCase();
    // “ß” would become two letters.
    return capital.length > segment.length ? segment : capital;
  }
  return '';
}
