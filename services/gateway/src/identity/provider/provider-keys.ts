import type { Logger } from '@outcry/service';

import type { SkippedKey } from '../tokens/key-set.ts';
import type { VerificationKey } from '../tokens/verification-key.ts';
import type { LoadedKeySet } from './load-key-set.ts';
import { ProviderError } from './provider-error.ts';

/** However often somebody names a key that is not known, or the provider does not answer. */
const MIN_INTERVAL_MS = 30_000;
/** The first keys are asked for more often: without any nobody comes in. */
const FIRST_RETRY_MS = 1000;
/** How long a set counts as fresh, whatever its provider says. */
const MIN_FRESH_MS = 60_000;
const MAX_FRESH_MS = 3_600_000;
const DEFAULT_FRESH_MS = 600_000;
/** A set is fetched anew at some time between these parts of it, so that a cluster does not come at once. */
const AHEAD_FROM = 0.7;
const AHEAD_TO = 0.9;
/** Caches before a provider may show its old set for some time after it has signed with a new key. */
const PROPAGATION_MS = 60_000;

export interface ProviderKeysOptions {
  /** @throws ProviderError where there are none */
  readonly load: (signal: AbortSignal) => Promise<LoadedKeySet>;
  readonly onKeys: (keys: readonly VerificationKey[]) => void;
  readonly onFetched: (isLoaded: boolean) => void;
  readonly clockToleranceMs: number;
  readonly logger: Logger;
}

/**
 * The keys of an identity provider, fetched ahead of the end of their time and when a token names one that is not known. While the
 * provider is away its last keys stay.
 */
export class ProviderKeys {
  readonly #options: ProviderKeysOptions;
  readonly #closing = new AbortController();
  /** When the fetch began that brought the keys of now, by the clock of tokens. */
  #loadedAt: number | undefined;
  /** When the last fetch but the one of the start began. */
  #fetchedAt = -Infinity;
  #fetching: Promise<void> | undefined;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;
  #dueAt = Infinity;
  #told = '';

  constructor(options: ProviderKeysOptions) {
    this.#options = options;
  }

  /** Resolves when the first fetch has ended, well or not; others follow by themselves. */
  async start(): Promise<void> {
    this.#fetching = this.#fetch();
    await this.#fetching;
  }

  /**
   * What to tell somebody whose token names a key that is not known: whether it may be one that the provider has begun to sign with.
   * Has the keys fetched as soon as they may be.
   *
   * @param issuedAt when the token says that it was issued, in milliseconds; nobody has checked it
   */
  mayStillCome(issuedAt: number | undefined): boolean {
    const now = Date.now();
    this.fetchSoon();
    if (this.#loadedAt === undefined) return true;
    // What is due stays so until it has been fetched.
    if (issuedAt === undefined) return this.#dueAt <= performance.now();
    return issuedAt >= this.#loadedAt - PROPAGATION_MS && issuedAt <= now + this.#options.clockToleranceMs;
  }

  /** At once, unless the last time was just now. */
  fetchSoon(): void {
    if (this.#fetching === undefined) this.#fetchBy(Math.max(performance.now(), this.#fetchedAt + MIN_INTERVAL_MS));
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#closing.abort();
  }

  #fetchBy(at: number): void {
    if (this.#closing.signal.aborted || at >= this.#dueAt) return;
    this.#dueAt = at;
    clearTimeout(this.#timer);
    const inMs = Math.max(0, at - performance.now());
    this.#timer = setTimeout(() => {
      this.#fetchedAt = performance.now();
      this.#fetching = this.#fetch();
    }, inMs).unref();
  }

  async #fetch(): Promise<void> {
    const startedAt = Date.now();
    const set = await this.#load();
    this.#fetching = undefined;
    this.#dueAt = Infinity;
    if (this.#closing.signal.aborted) return;
    this.#options.onFetched(set !== undefined);
    if (set === undefined) {
      this.#fetchBy(performance.now() + this.#retryMs());
      return;
    }
    this.#failures = 0;
    this.#loadedAt = startedAt;
    this.#options.onKeys(set.keys);
    this.#fetchBy(performance.now() + aheadOf(set.freshForMs));
  }

  /** Undefined where there are none, which the log says. */
  async #load(): Promise<LoadedKeySet | undefined> {
    const { load, logger } = this.#options;
    try {
      const set = await load(this.#closing.signal);
      this.#tellSkipped(set.skipped);
      return set;
    } catch (err) {
      if (!(err instanceof ProviderError)) throw err;
      if (this.#closing.signal.aborted) return undefined;
      this.#failures += 1;
      const now = this.#loadedAt === undefined ? 'there are none yet' : 'the last ones stay';
      logger.error({ problem: err.message, failures: this.#failures }, `keys of the provider not fetched; ${now}`);
      return undefined;
    }
  }

  #retryMs(): number {
    if (this.#loadedAt !== undefined) return MIN_INTERVAL_MS;
    return Math.min(MIN_INTERVAL_MS, FIRST_RETRY_MS * 2 ** (this.#failures - 1));
  }

  /** Once, and not at every fetch. */
  #tellSkipped(skipped: readonly SkippedKey[]): void {
    const told = JSON.stringify(skipped);
    if (told === this.#told) return;
    this.#told = told;
    for (const { key, why } of skipped) {
      this.#options.logger.warn({ key, why }, 'key of the provider cannot be used, and is left out');
    }
  }
}

function aheadOf(freshForMs = DEFAULT_FRESH_MS): number {
  const freshMs = Math.min(MAX_FRESH_MS, Math.max(MIN_FRESH_MS, freshForMs));
  return freshMs * (AHEAD_FROM + Math.random() * (AHEAD_TO - AHEAD_FROM));
}
