import {
  authorizationCodeGrantRequest,
  calculatePKCECodeChallenge,
  generateRandomCodeVerifier,
  generateRandomNonce,
  generateRandomState,
  None,
  processAuthorizationCodeResponse,
  validateAuthResponse,
} from 'oauth4webapi';

import { hostOf, type OpenDoor } from './door.ts';
import { clientOf, optionsOf, providerOf } from './provider.ts';
import { SignedIn } from './signed-in.ts';
import { noAnswer, wordsFor } from './words-for.ts';

const NAME = 'outcry-console-signing-in';

/** What the page has to know again when somebody comes back from the provider: in this tab, until then. */
interface Begun {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  /** What was looked at. */
  readonly hash: string;
  readonly isKept: boolean;
}

/** What somebody comes back with. */
export interface Return {
  readonly url: URL;
  readonly begun: Begun | undefined;
}

/** Goes to the provider, by the authorization code flow with PKCE (RFC 9700 §2.1.1). Whoever comes back loads the page anew. */
export async function beginSignIn(door: OpenDoor, isKept: boolean): Promise<void> {
  const begun = {
    ...{ state: generateRandomState(), nonce: generateRandomNonce(), verifier: generateRandomCodeVerifier() },
    ...{ hash: location.hash, isKept },
  };
  const url = new URL(door.authorizationUrl);
  const parameters = {
    ...{ response_type: 'code', client_id: door.clientId, redirect_uri: redirectUri(), scope: door.scopes },
    ...{ state: begun.state, nonce: begun.nonce },
    ...{ code_challenge: await calculatePKCECodeChallenge(begun.verifier), code_challenge_method: 'S256' },
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  sessionStorage.setItem(NAME, JSON.stringify(begun));
  location.assign(url);
}

/** What somebody has come back with, once: the address is then what it was before, and nothing of it is kept. */
export function takeReturn(): Return | undefined {
  const url = new URL(location.href);
  if (!url.searchParams.has('state') || !(url.searchParams.has('code') || url.searchParams.has('error'))) {
    return undefined;
  }
  const kept = sessionStorage.getItem(NAME);
  sessionStorage.removeItem(NAME);
  const begun = kept === null ? undefined : (JSON.parse(kept) as Begun);
  history.replaceState(null, '', url.pathname + (begun?.hash ?? ''));
  return { url, begun };
}

/** Makes a sign-in of it. @throws Refusal with why there is none */
export async function finishSignIn(door: OpenDoor, { url, begun }: Return): Promise<SignedIn> {
  if (begun === undefined) throw noAnswer();
  const [provider, client] = [providerOf(door), clientOf(door)];
  try {
    const answer = validateAuthResponse(provider, client, url, begun.state);
    const response = await authorizationCodeGrantRequest(
      ...([provider, client, None(), answer, redirectUri()] as const),
      begun.verifier,
      optionsOf(door),
    );
    const tokens = await processAuthorizationCodeResponse(provider, client, response, {
      expectedNonce: begun.nonce,
      requireIdToken: true,
    });
    return SignedIn.from(door, tokens);
  } catch (err) {
    throw wordsFor(err, hostOf(door));
  }
}

/** docs/CONSOLE.md has it: providers send nobody elsewhere. */
function redirectUri(): string {
  return new URL('/console/', location.origin).href;
}
