import { isWithinBytes } from '../utf8-length.ts';

/** Bytes of UTF-8 that a name may have, whatever it names. */
export const MAX_NAME_BYTES = 128;

/** Most names: none of the rules of Unicode below could be broken. */
const PLAIN = /^[!-~]+$/;
/** Controls, ends of lines, halves of surrogate pairs, code points that never are characters, marks of annotations. */
const NO_CHARACTER = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}\ufff9-\ufffb]/u;
/** What cannot be seen, and what turns other text around; joiners and variation selectors aside. */
const INVISIBLE = /(?![\p{Join_Control}\p{Variation_Selector}])\p{Default_Ignorable_Code_Point}/u;
/** Joiners beside a character of ASCII, or beside another joiner: they join nothing, so they cannot be seen either. */
const IDLE_JOINER =
  /(?:^|[\p{ASCII}\p{Join_Control}])\p{Join_Control}|\p{Join_Control}(?:$|[\p{ASCII}\p{Join_Control}\p{Variation_Selector}])/u;
/** Variation selectors behind what has no variants. Those of digits, # and * are the keys of a telephone. */
const IDLE_SELECTOR = /(?:^|(?![0-9#*])[\p{ASCII}\p{Join_Control}\p{Variation_Selector}])\p{Variation_Selector}/u;
const SPACE_AT_AN_END = /^\p{White_Space}|\p{White_Space}$/u;

/**
 * Whether a text can be a name at all: 1 to 128 bytes of UTF-8, in NFC, of characters that can be seen, and without white space
 * at its ends (docs/decisions/0038-names-of-the-world.md). It is for every kind of name to say what else it leaves out.
 */
export function isNameText(text: string): boolean {
  if (!isWithinBytes(text, MAX_NAME_BYTES) || text === '') return false;
  if (PLAIN.test(text)) return true;
  return (
    ![NO_CHARACTER, INVISIBLE, IDLE_JOINER, IDLE_SELECTOR, SPACE_AT_AN_END].some((pattern) => pattern.test(text)) &&
    text.normalize('NFC') === text
  );
}
