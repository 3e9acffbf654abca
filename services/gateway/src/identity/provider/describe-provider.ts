import { z } from 'zod';

import { fetchDocument } from './fetch-document.ts';
import { ProviderError } from './provider-error.ts';
import { isTrustedUrl } from './provider-url.ts';

/** What an OpenID provider says of itself. */
export interface ProviderDescription {
  readonly jwksUrl: string;
  /** Where people sign in, and where what they come back with becomes tokens; undefined where it names none that can be trusted. */
  readonly authorizationUrl: string | undefined;
  readonly tokenUrl: string | undefined;
}

/** OpenID Connect Discovery 1.0 §4. */
const DESCRIPTION_PATH = '/.well-known/openid-configuration';
const trustedUrl = z.string().refine(isTrustedUrl).optional().catch(undefined);
const description = z.object({
  issuer: z.string(),
  jwks_uri: z.string(),
  authorization_endpoint: trustedUrl,
  token_endpoint: trustedUrl,
});

/**
 * Its description must be the issuer's own, to the letter (§4.3): another's would have us take another's tokens.
 *
 * @throws ProviderError where there is none, or none with keys
 */
export async function describeProvider(issuer: string, signal: AbortSignal): Promise<ProviderDescription> {
  const url = issuer.replace(/\/$/, '') + DESCRIPTION_PATH;
  const { data } = description.safeParse((await fetchDocument(url, { signal })).value);
  if (data === undefined) throw new ProviderError(`${url} has no issuer or no jwks_uri`);
  if (data.issuer !== issuer) throw new ProviderError(`${url} is of the issuer ${JSON.stringify(data.issuer)}`);
  if (!isTrustedUrl(data.jwks_uri)) throw new ProviderError(`${url} has its keys where nobody may fetch them`);
  return { jwksUrl: data.jwks_uri, authorizationUrl: data.authorization_endpoint, tokenUrl: data.token_endpoint };
}
