/** 128 random bits. `crypto.randomUUID` would do, but browsers offer it on https and localhost only. */
export function randomKey(): string {
  return crypto.getRandomValues(new Uint32Array(4)).reduce((key, word) => key + word.toString(36), '');
}
