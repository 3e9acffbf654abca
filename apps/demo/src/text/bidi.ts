/** Letters that are written from right to left, and characters that turn the direction of what follows. */
const TURNS = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Bidi_Control}]/u;

/** A name within a plain text, such as a placeholder, which has no elements: it turns no direction but its own. */
export function isolated(name: string): string {
  return TURNS.test(name) ? `\u2068${name}\u2069` : name;
}
