import type { TokenPolicy } from './tokens/token-verifier.ts';
import { KeyAlgorithm, type VerificationKey } from './tokens/verification-key.ts';
import type { TokenSources } from '../transport/transport.ts';
import type { ProviderSource } from './provider/load-key-set.ts';
import { type AuthSettings, hasKeys } from './settings.ts';
import type { KeySet, SkippedKey } from './tokens/key-set.ts';
import { readKeysFile } from './tokens/keys-file.ts';

/** Who may come in, and by which door. */
export interface AuthConfig {
  /** Undefined where clients are who they say they are. */
  readonly tokens: TokenConfig | undefined;
  /** Undefined where there are no accounts. */
  readonly accounts: AccountsConfig | undefined;
  readonly sources: TokenSources;
  /** How long a token can be good at most, clocks that differ included. */
  readonly maxLifetimeMs: number;
}

/** How tokens of accounts are made. */
export interface AccountsConfig {
  readonly secret: Buffer;
  readonly lifetimeMs: number;
  readonly policy: TokenPolicy;
  readonly maxPerAddressPerMinute: number;
}

export interface TokenConfig {
  /** Those that are at hand. */
  readonly keys: readonly VerificationKey[];
  readonly policy: TokenPolicy;
  readonly hasGuests: boolean;
  /** Where some of the keys are from, and all of them as they are now; undefined without a file. */
  readonly keysFile: KeysFile | undefined;
  /** Where others are fetched from while the gateway runs; undefined where all are at hand. */
  readonly provider: ProviderSource | undefined;
}

export interface KeysFile {
  readonly path: string;
  /** What of it cannot be used, as it was read at the start. */
  readonly skipped: readonly SkippedKey[];
  /** @throws ConfigError with every problem of the file at once */
  readonly read: () => KeySet;
}

/** How far the clocks of issuer and gateway may differ; 0 where no tokens are checked. */
export function clockToleranceOf({ tokens }: Pick<AuthConfig, 'tokens'>): number {
  return tokens?.policy.clockToleranceMs ?? 0;
}

/** @throws ConfigError with every problem of the keys file at once */
export function authConfigOf(settings: AuthSettings): AuthConfig {
  const set = keySetOf(settings);
  return {
    tokens: tokenConfigOf(settings, set),
    accounts: accountsOf(settings),
    sources: { cookie: settings.OUTCRY_AUTH_COOKIE, hasQuery: settings.OUTCRY_AUTH_QUERY },
    // A clock may be ahead when a token is issued, and behind when it is taken for the last time.
    maxLifetimeMs: settings.OUTCRY_AUTH_MAX_LIFETIME_MS + 2 * settings.OUTCRY_AUTH_CLOCK_TOLERANCE_MS,
  };
}

function tokenConfigOf(settings: AuthSettings, { keys, skipped }: KeySet): TokenConfig | undefined {
  const { OUTCRY_AUTH_KEYS_FILE: path } = settings;
  const provider = providerOf(settings);
  if (keys.length === 0 && provider === undefined) return undefined;
  return {
    keys,
    policy: policyOf(settings),
    hasGuests: settings.OUTCRY_AUTH_GUESTS,
    keysFile: path === undefined ? undefined : { path, skipped, read: () => keySetOf(settings) },
    provider,
  };
}

function providerOf(settings: AuthSettings): ProviderSource | undefined {
  const { OUTCRY_AUTH_JWKS_URL: jwksUrl, OUTCRY_AUTH_ISSUER: issuer } = settings;
  if (jwksUrl !== undefined) return { jwksUrl };
  return issuer === undefined || hasKeys(settings) ? undefined : { issuer };
}

function policyOf(settings: AuthSettings): TokenPolicy {
  return {
    issuer: settings.OUTCRY_AUTH_ISSUER,
    audience: settings.OUTCRY_AUTH_AUDIENCE,
    clockToleranceMs: settings.OUTCRY_AUTH_CLOCK_TOLERANCE_MS,
    maxLifetimeMs: settings.OUTCRY_AUTH_MAX_LIFETIME_MS,
    claimNames: {
      user: settings.OUTCRY_AUTH_USER_CLAIM,
      rooms: settings.OUTCRY_AUTH_ROOMS_CLAIM,
      scopes: settings.OUTCRY_AUTH_SCOPE_CLAIM,
      info: settings.OUTCRY_AUTH_INFO_CLAIMS?.split(',') ?? [],
    },
  };
}

function accountsOf(settings: AuthSettings): AccountsConfig | undefined {
  const { OUTCRY_ACCOUNTS: hasAccounts, OUTCRY_AUTH_SECRET: secret } = settings;
  return hasAccounts && secret !== undefined ? accountsConfigOf(settings, Buffer.from(secret)) : undefined;
}

/** Accounts whose tokens are signed with this secret. */
export function accountsConfigOf(settings: AuthSettings, secret: Buffer): AccountsConfig {
  return {
    secret,
    lifetimeMs: settings.OUTCRY_ACCOUNTS_TOKEN_MS,
    policy: policyOf(settings),
    maxPerAddressPerMinute: settings.OUTCRY_MAX_LOGINS_PER_MINUTE,
  };
}

/** All keys there are: the file's, and the secret of tokens that name none. */
function keySetOf({ OUTCRY_AUTH_SECRET: secret, OUTCRY_AUTH_KEYS_FILE: path }: AuthSettings): KeySet {
  const named = path === undefined ? { keys: [], skipped: [] } : readKeysFile(path);
  if (secret === undefined) return named;
  const key = { id: undefined, algorithm: KeyAlgorithm.Hs256, material: Buffer.from(secret) };
  return { ...named, keys: [key, ...named.keys] };
}
