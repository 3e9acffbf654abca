import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

import { HttpStandIn } from './http-stand-in.ts';
import { leasePort } from '../port-lease.ts';
import { makeToken, type TokenOptions } from './token.ts';

const KEYS_PATH = '/jwks';

interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** Signs tokens, and shows the keys to check them with (OpenID Connect Discovery 1.0), on a port that it keeps while it is away. */
export class IdentityProvider extends HttpStandIn {
  #keys: readonly SigningKey[] = [createKey(1)];
  #fetches = 0;

  static async start(): Promise<IdentityProvider> {
    const provider = new IdentityProvider(await leasePort());
    await provider.comeBack();
    return provider;
  }

  get issuer(): string {
    return this.origin;
  }

  get jwksUrl(): string {
    return this.issuer + KEYS_PATH;
  }

  /** How often its keys were asked for. */
  get fetches(): number {
    return this.#fetches;
  }

  /** Signed with the newest key. */
  makeToken(options: TokenOptions = {}): string {
    const key = this.#keys.at(-1);
    if (key === undefined) throw new Error('expected a provider with a key');
    const claims = { iss: this.issuer, ...options.claims };
    return makeToken(key.privateKey, { ...options, claims, header: { alg: 'ES256', kid: key.kid, ...options.header } });
  }

  /** Signs with a new key from now on, and shows it beside those of before. */
  rotate(): void {
    this.#keys = [...this.#keys, createKey(this.#keys.length + 1)];
  }

  protected serve({ url }: IncomingMessage, response: ServerResponse): Promise<void> {
    if (url === KEYS_PATH) this.#fetches += 1;
    const document = url === KEYS_PATH ? this.#keySet() : this.#description();
    response.setHeader('content-type', 'application/json').end(JSON.stringify(document));
    return Promise.resolve();
  }

  #keySet(): object {
    return {
      keys: this.#keys.map(({ kid, publicKey }) => ({ ...publicKey.export({ format: 'jwk' }), kid, use: 'sig' })),
    };
  }

  #description(): object {
    return { issuer: this.issuer, jwks_uri: this.jwksUrl };
  }
}

function createKey(number: number): SigningKey {
  return { kid: `key-${String(number)}`, ...generateKeyPairSync('ec', { namedCurve: 'P-256' }) };
}
