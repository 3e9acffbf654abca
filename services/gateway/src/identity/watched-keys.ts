import type { Logger } from '@outcry/service';

import type { GatewayMetrics } from '../observability/metrics.ts';
import type { TokenConfig } from './auth-config.ts';
import type { Authenticator } from './authenticator.ts';
import { loadKeySet } from './provider/load-key-set.ts';
import { ProviderKeys } from './provider/provider-keys.ts';
import { KeysFileWatch } from './tokens/keys-file-watch.ts';
import type { VerificationKey } from './tokens/verification-key.ts';

export interface WatchedKeysOptions {
  readonly config: TokenConfig;
  readonly authenticator: Pick<Authenticator, 'useKeys'>;
  /** Told whether there is any key at all. */
  readonly onKeys: (count: number) => void;
  readonly metrics: Pick<GatewayMetrics, 'keyFetches' | 'keysFetchedAt'>;
  readonly logger: Logger;
}

/** Keeps the keys of the authenticator as their sources have them: new ones need no restart. */
export class WatchedKeys {
  readonly #options: WatchedKeysOptions;
  readonly #file: KeysFileWatch | undefined;
  readonly #provider: ProviderKeys | undefined;
  #own: readonly VerificationKey[];
  #fetched: readonly VerificationKey[] = [];

  constructor(options: WatchedKeysOptions) {
    this.#options = options;
    const { keys, keysFile } = options.config;
    this.#own = keys;
    const onKeys = (own: readonly VerificationKey[]): void => {
      this.#own = own;
      this.#use();
    };
    this.#file = keysFile && new KeysFileWatch({ ...keysFile, onKeys, logger: options.logger });
    this.#provider = this.#watchProvider();
    this.#use();
  }

  /** Resolves when the provider has been asked once; where it did not answer, it is asked again by and by. */
  async start(): Promise<void> {
    await this.#provider?.start();
  }

  /** For whoever has changed them and will not wait. */
  readNow(): void {
    this.#file?.readNow();
    this.#provider?.fetchSoon();
  }

  close(): void {
    this.#file?.close();
    this.#provider?.close();
  }

  #watchProvider(): ProviderKeys | undefined {
    const { config, metrics, logger } = this.#options;
    const { provider, policy } = config;
    if (provider === undefined) return undefined;
    return new ProviderKeys({
      load: (signal) => loadKeySet(provider, signal),
      onKeys: (keys) => {
        this.#fetched = keys;
        this.#use();
      },
      onFetched: (isLoaded) => {
        metrics.keyFetches.labels(isLoaded ? 'fetched' : 'failed').inc();
        if (isLoaded) metrics.keysFetchedAt.setToCurrentTime();
      },
      clockToleranceMs: policy.clockToleranceMs,
      logger,
    });
  }

  /** Where two have one name, our own goes first. */
  #use(): void {
    const { authenticator, onKeys } = this.#options;
    const names = new Set(this.#own.map(({ id }) => id));
    const all = [...this.#own, ...this.#fetched.filter(({ id }) => !names.has(id))];
    const provider = this.#provider;
    authenticator.useKeys(
      provider === undefined ? { all } : { all, mayStillCome: provider.mayStillCome.bind(provider) },
    );
    onKeys(all.length);
  }
}
