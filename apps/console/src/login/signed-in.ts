import {
  getValidatedIdTokenClaims,
  None,
  processRefreshTokenResponse,
  refreshTokenGrantRequest,
  ResponseBodyError,
  type TokenEndpointResponse,
} from 'oauth4webapi';

import { Refusal } from '../api/api.ts';
import type { Credential } from '../api/credential.ts';
import { hostOf, type OpenDoor } from './door.ts';
import { clientOf, optionsOf, providerOf } from './provider.ts';
import { wordsForRenewal } from './words-for.ts';

const NAME = 'outcry-console-sign-in';
/** So long before its end a token is renewed… */
const AHEAD_MS = 30_000;
/** …and nobody waits for that while it is good for longer than this. */
const HURRY_MS = 3000;
const RETRY_MS = 3000;
/** What a provider says again however often it is asked (RFC 6749 §5.2). */
const FINAL: ReadonlySet<string> = new Set(['invalid_grant', 'invalid_client', 'unauthorized_client']);

interface Tokens {
  readonly idToken: string;
  readonly subject: string;
  /** By the clock of this machine. */
  readonly endsAt: number;
  readonly refreshToken?: string | undefined;
}

/** Somebody who has signed in: the tokens are in the page, and in this tab's storage where they are to be kept through reloads. */
export class SignedIn implements Credential {
  readonly leave = 'Sign out';
  readonly whenOver: string;
  readonly #door: OpenDoor;
  #tokens: Tokens;
  #isKept = false;
  #version = 0;
  #renewing: Promise<void> | undefined;
  /** When the provider may be asked again that has failed. */
  #retryAt = 0;

  private constructor(door: OpenDoor, tokens: Tokens) {
    this.#door = door;
    this.#tokens = tokens;
    this.whenOver = `Your sign-in at ${hostOf(door)} has ended: sign in again`;
  }

  static from(door: OpenDoor, answer: TokenEndpointResponse): SignedIn {
    return new SignedIn(door, tokensOf(answer, door));
  }

  static isKept(): boolean {
    return sessionStorage.getItem(NAME) !== null;
  }

  /** The one that this tab has kept. */
  static kept(door: OpenDoor): SignedIn {
    const signedIn = new SignedIn(door, JSON.parse(sessionStorage.getItem(NAME) ?? '') as Tokens);
    signedIn.#isKept = true;
    return signedIn;
  }

  static forget(): void {
    sessionStorage.removeItem(NAME);
  }

  /** With each token, which may give other rights. */
  get version(): number {
    return this.#version;
  }

  async token(): Promise<string> {
    const { endsAt, refreshToken } = this.#tokens;
    const leftMs = endsAt - Date.now();
    if (leftMs > AHEAD_MS) return this.#tokens.idToken;
    if (refreshToken === undefined) {
      if (leftMs <= 0) throw this.#over();
      return this.#tokens.idToken;
    }
    const renewing = this.#renewing ?? this.#beginToRenew(refreshToken, leftMs);
    const settled = renewing?.catch((err: unknown) => {
      // The one that there is may be good for a while yet.
      if (leftMs <= 0) throw err;
    });
    if (leftMs <= HURRY_MS) await settled;
    return this.#tokens.idToken;
  }

  /** Undefined where it has just failed and there is no hurry. */
  #beginToRenew(refreshToken: string, leftMs: number): Promise<void> | undefined {
    if (leftMs > 0 && Date.now() < this.#retryAt) return undefined;
    this.#retryAt = Date.now() + RETRY_MS;
    this.#renewing = this.#renew(refreshToken).finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  keep(): void {
    this.#isKept = true;
    sessionStorage.setItem(NAME, JSON.stringify(this.#tokens));
  }

  async #renew(refreshToken: string): Promise<void> {
    const [provider, client] = [providerOf(this.#door), clientOf(this.#door)];
    let next: Tokens;
    try {
      const response = await refreshTokenGrantRequest(provider, client, None(), refreshToken, optionsOf(this.#door));
      const answer = await processRefreshTokenResponse(provider, client, response);
      if (answer.id_token === undefined) throw this.#over();
      next = { refreshToken, ...withoutAbsent(tokensOf(answer, this.#door)) };
    } catch (err) {
      if (err instanceof ResponseBodyError && FINAL.has(err.error)) {
        // It will say the same again: what is left of this sign-in is the token that there is.
        this.#tokens = { ...this.#tokens, refreshToken: undefined };
        throw this.#over();
      }
      throw wordsForRenewal(err, hostOf(this.#door));
    }
    // OpenID Connect Core 1.0 §12.2.
    if (next.subject !== this.#tokens.subject) throw this.#over();
    this.#tokens = next;
    this.#version += 1;
    if (this.#isKept) this.keep();
  }

  #over(): Refusal {
    return new Refusal('signedOut', this.whenOver);
  }
}

/** How long a token is good is what it says itself, from now on: clocks may differ. */
function tokensOf(answer: TokenEndpointResponse, door: OpenDoor): Tokens {
  const claims = getValidatedIdTokenClaims(answer);
  if (claims === undefined || answer.id_token === undefined) {
    throw new Refusal('signedOut', `${hostOf(door)} gave no ID token: is openid among OUTCRY_CONSOLE_OIDC_SCOPES?`);
  }
  return {
    idToken: answer.id_token,
    subject: claims.sub,
    endsAt: Date.now() + (claims.exp - claims.iat) * 1000,
    refreshToken: answer.refresh_token,
  };
}

/** A provider that gives no other token to refresh with lets the old one be used again (RFC 6749 §6). */
function withoutAbsent({ refreshToken, ...tokens }: Tokens): Tokens {
  return refreshToken === undefined ? tokens : { ...tokens, refreshToken };
}
