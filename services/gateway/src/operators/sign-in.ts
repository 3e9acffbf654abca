import type { Logger } from '@outcry/service';

import { describeProvider, type ProviderDescription } from '../identity/provider/describe-provider.ts';
import { loadKeySet } from '../identity/provider/load-key-set.ts';
import { ProviderKeys } from '../identity/provider/provider-keys.ts';
import { SignedTokens } from '../identity/tokens/signed-tokens.ts';
import type { GatewayMetrics } from '../observability/metrics.ts';
import { findOperator, type FoundOperator } from './operator.ts';
import type { OperatorsConfig } from './settings.ts';

/** ID tokens of people with many groups are longer than what clients bring. A header of a request may have twice as much in all. */
export const MAX_ID_TOKEN_LENGTH = 8192;

export interface SignInOptions {
  readonly config: OperatorsConfig;
  readonly metrics: Pick<GatewayMetrics, 'apiTokenRefusals' | 'apiKeyFetches'>;
  readonly logger: Logger;
}

/** What the page needs for a sign-in. */
export interface SignInDoor {
  readonly issuer: string;
  readonly clientId: string;
  readonly scopes: string;
  /** Undefined while the provider has not said where. */
  readonly authorizationUrl: string | undefined;
  readonly tokenUrl: string | undefined;
}

/** People who sign in to the console: the keys of their provider, as it has them, and who a token of it is of. */
export class SignIn {
  readonly #options: SignInOptions;
  readonly #tokens: SignedTokens;
  readonly #keys: ProviderKeys;
  #provider: ProviderDescription | undefined;

  constructor(options: SignInOptions) {
    this.#options = options;
    const { config, metrics, logger } = options;
    const { issuer, clientId: audience, clockToleranceMs } = config;
    this.#tokens = new SignedTokens({ issuer, audience, clockToleranceMs, maxLength: MAX_ID_TOKEN_LENGTH });
    const keys = new ProviderKeys({
      load: async (signal) => {
        const provider = await describeProvider(issuer, signal);
        const set = await loadKeySet(provider, signal);
        this.#provider = provider;
        return set;
      },
      onKeys: (all) => {
        this.#tokens.useKeys({ all, mayStillCome: keys.mayStillCome.bind(keys) });
      },
      onFetched: (isLoaded) => {
        metrics.apiKeyFetches.labels(isLoaded ? 'fetched' : 'failed').inc();
      },
      clockToleranceMs,
      logger,
    });
    this.#tokens.useKeys({ all: [], mayStillCome: keys.mayStillCome.bind(keys) });
    this.#keys = keys;
  }

  /** Resolves when the provider has been asked once; where it did not answer, it is asked again by and by. */
  start(): Promise<void> {
    return this.#keys.start();
  }

  /** For whoever will not wait for keys that have changed. */
  readNow(): void {
    this.#keys.fetchSoon();
  }

  /** Why nobody can sign in; keys of the API let people in all the same. */
  notReady(): string | undefined {
    if (this.#provider !== undefined) return undefined;
    return `${this.#options.config.issuer} has not said yet where people sign in (OUTCRY_CONSOLE_OIDC_ISSUER)`;
  }

  close(): void {
    this.#keys.close();
  }

  /** Whoever an ID token is of. Never throws for what it holds. */
  find(token: string): FoundOperator {
    const { config, metrics, logger } = this.#options;
    const signed = this.#tokens.verify(token);
    const found = signed.refusal === undefined ? findOperator(signed, config) : signed;
    if (found.refusal !== undefined) {
      metrics.apiTokenRefusals.labels(found.refusal).inc();
      logger.debug({ reason: found.refusal }, 'ID token refused');
    }
    return found;
  }

  get door(): SignInDoor {
    const { issuer, clientId, scopes } = this.#options.config;
    return {
      ...{ issuer, clientId, scopes },
      authorizationUrl: this.#provider?.authorizationUrl,
      tokenUrl: this.#provider?.tokenUrl,
    };
  }
}
