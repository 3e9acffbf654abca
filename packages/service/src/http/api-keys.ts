import { createHash, timingSafeEqual } from 'node:crypto';

/** Keys that let their bearer in. Only their hashes are kept; comparing takes as long whatever is offered. */
export class ApiKeys {
  readonly #hashes: readonly Buffer[];

  constructor(keys: readonly string[]) {
    this.#hashes = keys.map(hashOf);
  }

  /** @param authorization The value of the header; only `Bearer <key>` lets in. */
  admits(authorization: string | undefined): boolean {
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
