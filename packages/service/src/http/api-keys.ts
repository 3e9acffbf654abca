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
    const found = this.find(readBearerToken(authorization));
    return typeof found === 'number' ? 'admitted' : found;
  }

  /** The same of a key by itself, where it matters which one it is: its place among those that were given, or why it lets nobody in. */
  find(key: string | undefined): number | Exclude<KeyVerdict, 'admitted'> {
    const index = this.indexOf(key);
    return index < 0 ? this.refuse() : index;
  }

  /** Counts something wrong that was offered, and says what becomes of whoever offered it. */
  refuse(): Exclude<KeyVerdict, 'admitted'> {
    const now = performance.now();
    const regained = ((now - this.#countedAt) / MS_PER_SECOND) * MAX_WRONG_PER_SECOND;
    this.#wrongLeft = Math.min(MAX_WRONG_AT_ONCE, this.#wrongLeft + regained);
    this.#countedAt = now;
    if (this.#wrongLeft < 1) return 'rateLimited';
    this.#wrongLeft -= 1;
    return 'unauthorized';
  }

  /** -1 where it is none of them, which counts against nobody yet: there may be other things that let in. */
  indexOf(key: string | undefined): number {
    const offered = hashOf(key ?? '');
    // All are compared, so that the time tells neither whether there was a key nor which one is like it.
    const index = this.#hashes.map((hash) => timingSafeEqual(hash, offered)).indexOf(true);
    return key === undefined ? -1 : index;
  }
}

/** What `Authorization: Bearer …` carries; undefined where the header is another one. */
export function readBearerToken(authorization: string | undefined): string | undefined {
  return /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
}

function hashOf(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
