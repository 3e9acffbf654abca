const MIN_LENGTH = 32;
/** Fewer different characters than this are typed by somebody, not drawn. */
const MIN_DISTINCT_CHARACTERS = 12;
/** What examples and templates are full of. */
const PLACEHOLDER = /change.?me|secret|passwor|example|default|placeholder|my-|key-of/i;

/** What fingers and heads know by heart, forwards; it is looked for backwards, too. */
const KNOWN_RUNS = ['abcdefghijklmnopqrstuvwxyz', '01234567890', 'qwertyuiop', 'qwertzuiop', 'asdfghjkl', 'zxcvbnm'];
const KNOWN_BY_HEART = [...KNOWN_RUNS, ...KNOWN_RUNS.map((run) => Array.from(run).reverse().join(''))].join(' ');
/** As much of what was there before is no surprise any more. */
const MIN_KNOWN_LENGTH = 3;
/**
 * What is drawn has hardly less than one surprise for each of its characters. Of 600,000 times 16 bytes in hex four had 19, and none had less:
 * whoever has drawn a secret must never be told that it is none.
 */
const MIN_SURPRISES = 17;
/** Of a text of more than so many characters more can be expected. */
const LONG = 40;
const MIN_SURPRISES_OF_LONG = 20;

/** Why a secret would be no secret in production; undefined where it may be one. */
export function weaknessOf(secret: string): string | undefined {
  if (secret.length < MIN_LENGTH) return `has less than ${String(MIN_LENGTH)} characters`;
  if (PLACEHOLDER.test(secret)) return 'reads like an example';
  if (new Set(secret).size < MIN_DISTINCT_CHARACTERS) return 'has too few different characters';
  const least = secret.length > LONG ? MIN_SURPRISES_OF_LONG : MIN_SURPRISES;
  return countSurprises(secret) < least ? 'is an alphabet, a row of keys, or repeats itself' : undefined;
}

/** The steps in which it can be told by who has seen what stands before, as compression does; case and doubled characters count for nothing. */
function countSurprises(secret: string): number {
  const text = secret.toLowerCase().replaceAll(/(.)\1+/gsu, '$1');
  let surprises = 0;
  for (let at = 0; at < text.length; surprises += 1) {
    at += Math.max(1, knownLength(text, at));
  }
  return surprises;
}

/** How much from a place on is known, or stood before; 0 where that is too little. */
function knownLength(text: string, at: number): number {
  const before = `${KNOWN_BY_HEART} ${text.slice(0, at)}`;
  let length = 0;
  while (at + length < text.length && before.includes(text.slice(at, at + length + 1))) length += 1;
  return length < MIN_KNOWN_LENGTH ? 0 : length;
}
