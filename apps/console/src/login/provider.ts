import { allowInsecureRequests, type AuthorizationServer, type Client, clockTolerance } from 'oauth4webapi';

import type { OpenDoor } from './door.ts';

const DEADLINE_MS = 10_000;
/** Those that the gateway takes, which is who checks signatures. */
const ALGORITHMS = ['RS256', 'ES256', 'EdDSA'];
/** Of the clocks of whoever looks and of the provider. The gateway checks by its own. */
const CLOCK_TOLERANCE_SECONDS = 60;

/** The provider, as the library has it. */
export function providerOf({ issuer, authorizationUrl, tokenUrl }: OpenDoor): AuthorizationServer {
  const endpoints = { authorization_endpoint: authorizationUrl, token_endpoint: tokenUrl };
  return { issuer, ...endpoints, id_token_signing_alg_values_supported: ALGORITHMS };
}

/** The console, as the provider has it. */
export function clientOf({ clientId }: OpenDoor): Client {
  return { client_id: clientId, [clockTolerance]: CLOCK_TOLERANCE_SECONDS };
}

/** Without TLS only to this host: the gateway takes no other provider. */
export function optionsOf({ tokenUrl }: OpenDoor): { signal: AbortSignal; [allowInsecureRequests]: boolean } {
  return {
    signal: AbortSignal.timeout(DEADLINE_MS),
    [allowInsecureRequests]: new URL(tokenUrl).protocol === 'http:',
  };
}
