import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';

import { leasePort, makeToken, type PortLease } from '@outcry/testkit';
import Provider, { type Configuration, type JWK } from 'oidc-provider';

const HOST = '127.0.0.1';
export const CLIENT_ID = 'outcry-console';

/** Who there is, and what the provider calls their roles: whoever is called so signs in with any password. */
const ROLES: Readonly<Record<string, readonly string[]>> = {
  ann: ['desk', 'everybody'],
  bob: ['on-call'],
  carol: ['everybody'],
};

interface Key {
  readonly id: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

interface ForgedToken {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly secret?: string | Buffer;
}

/** An OpenID provider (oidc-provider) at which people sign in to the console, with its own pages for that. */
export class LoginProvider implements AsyncDisposable {
  /** How long its next ID tokens are good, and whether there are tokens to renew them with. */
  idTokenSeconds = 3600;
  isRefreshing = false;
  /** Grants that its token endpoint was asked for. */
  readonly grants: string[] = [];
  /** Of those who may sign in, as the next token has them. */
  roles: Readonly<Record<string, readonly string[]>> = ROLES;
  readonly #lease: PortLease;
  readonly #redirectUri: string;
  readonly #server: Server;
  #key = createKey();
  #answer: ReturnType<Provider['callback']>;

  private constructor(lease: PortLease, consoleOrigin: string) {
    this.#lease = lease;
    this.#redirectUri = `${consoleOrigin}/console/`;
    this.#answer = this.#create();
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  /** @param consoleOrigin where people come back to */
  static async start(consoleOrigin: string, lease: PortLease): Promise<LoginProvider> {
    const provider = new LoginProvider(lease, consoleOrigin);
    provider.#server.listen(lease.port, HOST);
    await once(provider.#server, 'listening');
    return provider;
  }

  /** Where it will be, before it is. */
  static async lease(): Promise<{ readonly lease: PortLease; readonly issuer: string }> {
    const lease = await leasePort();
    return { lease, issuer: issuerOf(lease) };
  }

  get issuer(): string {
    return issuerOf(this.#lease);
  }

  get publicKey(): KeyObject {
    return this.#key.publicKey;
  }

  /** An ID token of ann's, signed with its own key or with another secret, that may say something else. */
  makeIdToken({ claims = {}, header = {}, secret }: ForgedToken = {}): string {
    const full = { iss: this.issuer, aud: CLIENT_ID, preferred_username: 'ann', roles: ROLES['ann'], ...claims };
    const key = secret ?? this.#key.privateKey;
    return makeToken(key, { claims: full, header: { alg: 'ES256', kid: this.#key.id, ...header } });
  }

  /** Another key from now on, and the one of before no longer. */
  rotate(): void {
    this.#key = createKey();
    this.#answer = this.#create();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
    this.#lease[Symbol.dispose]();
  }

  #create(): ReturnType<Provider['callback']> {
    const provider = new Provider(this.issuer, this.#configuration());
    provider.on('grant.success', ({ oidc }) => {
      this.grants.push(String(oidc.params?.['grant_type']));
    });
    return provider.callback();
  }

  #configuration(): Configuration {
    return {
      jwks: { keys: [jwkOf(this.#key)] },
      cookies: { keys: [randomUUID()] },
      clients: [
        {
          ...{ client_id: CLIENT_ID, token_endpoint_auth_method: 'none', redirect_uris: [this.#redirectUri] },
          ...{ grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'] },
          ...{ application_type: 'native', id_token_signed_response_alg: 'ES256' },
        },
      ],
      claims: { openid: ['sub', 'preferred_username', 'roles'] },
      conformIdTokenClaims: false,
      clientBasedCORS: () => true,
      features: { devInteractions: { enabled: true } },
      findAccount: (_, name) => ({
        accountId: name,
        claims: () => ({ sub: name, preferred_username: name, roles: [...(this.roles[name] ?? [])] }),
      }),
      issueRefreshToken: () => this.isRefreshing,
      ttl: { IdToken: () => this.idTokenSeconds, Session: 3600, Grant: 3600, Interaction: 600, RefreshToken: 3600 },
    };
  }
}

function issuerOf({ port }: PortLease): string {
  return `http://${HOST}:${String(port)}`;
}

function createKey(): Key {
  return { id: randomUUID(), ...generateKeyPairSync('ec', { namedCurve: 'P-256' }) };
}

function jwkOf({ id, privateKey }: Key): JWK {
  return { ...privateKey.export({ format: 'jwk' }), kid: id, use: 'sig', alg: 'ES256' };
}
