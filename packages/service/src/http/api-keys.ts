import { createHash, timingSafeEqual } from 'node:crypto';

/** What becomes of a request by the key that it brings. */
export type KeyVerdict = 'admitted' | 'unauthorized' | 'rateLimited';

/** Wrong keys, from whomever they come: many are an attempt, and who has a key is not held up by it. */
const MAX_WRONG_PER_SECOND = 10;
const MAX_WRONG_AT_ONCE = 20;
const MS_PER_SECOND = 1000;

/** Keys that let their bearer in. Only their hashes are kept; comparing takes as long whatever is offered. */
export class ApiKeys {
  readonly #hashes: readonly Buffer[];
  #wrongLeft = MAX_WRONG_AT_ONCE;
  #countedAt = performance.now();

  constructor(keys: readonly string[]) {
    this.#hashes = keys.map(hashOf);
  }

  /** @param authorization The value of the header; only `Bearer <key>` lets in. */
  judge(authorization: string | undefined): KeyVerdict {
    if (this.#admits(authorization)) return 'admitted';
    const now = performance.now();
    const regained = ((now - this.#countedAt) / MS_PER_SECOND) * MAX_WRONG_PER_SECOND;
    this.#wrongLeft = Math.min(MAX_WRONG_AT_ONCE, this.#wrongLeft + regained);
    this.#countedAt = now;
    if (this.#wrongLeft < 1) return 'rateLimited';
    this.#wrongLeft -= 1;
    return 'unauthorized';
  }

  #admits(authorization: string | undefined): boolean {
    const key = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    const offered = hashOf(key ?? '');
    // All are compared, so that the time tells neither whether there was a key nor which one is like it.
    const isKnown = this.#hashes.map((hash) => timingSafeEqual(hash, offered)).includes(true);
    return key !== undefined && isKnown;
  }
}

function hashOf(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
