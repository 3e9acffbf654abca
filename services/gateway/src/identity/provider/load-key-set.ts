import { type KeySet, KeySetError, KeySetOwner, readKeySet } from '../tokens/key-set.ts';
import { describeProvider } from './describe-provider.ts';
import { fetchDocument } from './fetch-document.ts';
import { ProviderError } from './provider-error.ts';

/** Where a provider's keys are: at a URL that is given, or where its own description says. */
export type ProviderSource = { readonly jwksUrl: string } | { readonly issuer: string };

export interface LoadedKeySet extends KeySet {
  /** By what the provider's answer says; undefined where it says nothing. */
  readonly freshForMs: number | undefined;
}

/** Fetches the keys of a provider. @throws ProviderError where there are none that can be used */
export async function loadKeySet(source: ProviderSource, signal: AbortSignal): Promise<LoadedKeySet> {
  const url = 'jwksUrl' in source ? source.jwksUrl : (await describeProvider(source.issuer, signal)).jwksUrl;
  const { value, freshForMs } = await fetchDocument(url, { signal });
  try {
    return { ...readKeySet(value, KeySetOwner.Provider), freshForMs };
  } catch (cause) {
    if (!(cause instanceof KeySetError)) throw cause;
    throw new ProviderError(`${url} is no key set: ${cause.message}`, { cause });
  }
}
