import { z } from 'zod';

import { type KeySet, KeySetError, KeySetOwner, readKeySet } from '../tokens/key-set.ts';
import { fetchDocument } from './fetch-document.ts';
import { ProviderError } from './provider-error.ts';
import { isTrustedUrl } from './provider-url.ts';

/** Where a provider's keys are: at a URL that is given, or where its own description says. */
export type ProviderSource = { readonly jwksUrl: string } | { readonly issuer: string };

export interface LoadedKeySet extends KeySet {
  /** By what the provider's answer says; undefined where it says nothing. */
  readonly freshForMs: number | undefined;
}

/** OpenID Connect Discovery 1.0 §4. */
const DESCRIPTION_PATH = '/.well-known/openid-configuration';
const description = z.object({ issuer: z.string(), jwks_uri: z.string() });

/** Fetches the keys of a provider. @throws ProviderError where there are none that can be used */
export async function loadKeySet(source: ProviderSource, signal: AbortSignal): Promise<LoadedKeySet> {
  const url = 'jwksUrl' in source ? source.jwksUrl : await discoverKeys(source.issuer, signal);
  const { value, freshForMs } = await fetchDocument(url, { signal });
  try {
    return { ...readKeySet(value, KeySetOwner.Provider), freshForMs };
  } catch (cause) {
    if (!(cause instanceof KeySetError)) throw cause;
    throw new ProviderError(`${url} is no key set: ${cause.message}`, { cause });
  }
}

/** Its description must be the issuer's own, to the letter (§4.3): another's would have us take another's tokens. */
async function discoverKeys(issuer: string, signal: AbortSignal): Promise<string> {
  const url = issuer.replace(/\/$/, '') + DESCRIPTION_PATH;
  const { data } = description.safeParse((await fetchDocument(url, { signal })).value);
  if (data === undefined) throw new ProviderError(`${url} has no issuer or no jwks_uri`);
  if (data.issuer !== issuer) throw new ProviderError(`${url} is of the issuer ${JSON.stringify(data.issuer)}`);
  if (!isTrustedUrl(data.jwks_uri)) throw new ProviderError(`${url} has its keys where nobody may fetch them`);
  return data.jwks_uri;
}
