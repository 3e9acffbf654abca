import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import { leasePort, type PortLease, ServiceProcess } from '@outcry/testkit';
import type { JWK } from 'oidc-provider';

import { HOST, RESOURCE, secretOf } from './provider-file.ts';

const USERS = Array.from({ length: 50 }, (_, i) => `user-${String(i)}`);

/** A token of the provider's own making, and whose it is. */
export interface IssuedToken {
  readonly user: string;
  readonly token: string;
}

/** A real OpenID provider (oidc-provider), in a process of its own on a port and with keys that outlive it. */
export class OpenIdProvider implements AsyncDisposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'outcry-provider-'));
  readonly #lease: PortLease;
  readonly #agent = new Agent({ keepAlive: true });
  #keys: readonly JWK[] = [createKey()];
  #process: ServiceProcess | undefined;
  /** Of processes that are gone. */
  readonly #formerFetches: number[] = [];
  #issued = 0;

  private constructor(lease: PortLease) {
    this.#lease = lease;
  }

  static async start(): Promise<OpenIdProvider> {
    const provider = new OpenIdProvider(await leasePort());
    try {
      await provider.comeBack();
    } catch (err) {
      await provider[Symbol.asyncDispose]();
      throw err;
    }
    return provider;
  }

  get issuer(): string {
    return `http://${HOST}:${String(this.#lease.port)}`;
  }

  /** Private keys; the first one is that which it signs with. */
  get keys(): readonly JWK[] {
    return this.#keys;
  }

  /** When its keys were asked for, in the order of the requests. */
  get fetches(): readonly number[] {
    return [...this.#formerFetches, ...this.#fetchesOfNow()];
  }

  /** By the provider's token endpoint, each time as another of its users. */
  async issueToken(): Promise<IssuedToken> {
    const user = USERS[this.#issued++ % USERS.length] ?? '';
    const body = new URLSearchParams({ grant_type: 'client_credentials', resource: RESOURCE });
    const answer = await this.#post('/token', { user, body: body.toString() });
    const { access_token: token } = JSON.parse(answer) as { readonly access_token?: string };
    if (token === undefined) throw new Error(`the provider gives no token: ${answer}`);
    return { user, token };
  }

  /** Shows a new key beside those that it has; to be signed with later. */
  announceKey(): Promise<void> {
    return this.#use([...this.#keys, createKey()]);
  }

  /** Signs with the newest key from now on, be it announced or not. */
  async signWithNewest({ isAnnounced }: { readonly isAnnounced: boolean }): Promise<void> {
    const newest = isAnnounced ? this.#keys.at(-1) : createKey();
    if (newest === undefined) throw new Error('expected a provider with a key');
    await this.#use([newest, ...this.#keys.filter((key) => key !== newest)]);
  }

  /** Takes back all keys but the one that it signs with; gives those that it took. */
  async removeOldKeys(): Promise<readonly JWK[]> {
    const old = this.#keys.slice(1);
    await this.#use(this.#keys.slice(0, 1));
    return old;
  }

  /** As its machine does when it goes. */
  async kill(): Promise<void> {
    const process = this.#process;
    if (process === undefined) return;
    process.kill();
    await process.exited;
    this.#formerFetches.push(...this.#fetchesOfNow());
    this.#process = undefined;
  }

  async comeBack(): Promise<void> {
    this.#write();
    this.#process = new ServiceProcess({
      entry: 'tests/identity/support/provider-main.ts',
      env: { PROVIDER_FILE: this.#file, NODE_NO_WARNINGS: '1' },
    });
    await this.#process.waitForLog('provider started');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#agent.destroy();
    await this.kill();
    this.#lease[Symbol.dispose]();
    rmSync(this.#folder, { recursive: true });
  }

  get #file(): string {
    return join(this.#folder, 'provider.json');
  }

  #fetchesOfNow(): readonly number[] {
    return (this.#process?.log ?? []).filter(({ msg }) => msg === 'keys fetched').map(({ at }) => Number(at));
  }

  #write(): void {
    writeFileSync(this.#file, JSON.stringify({ port: this.#lease.port, keys: this.#keys, users: USERS }));
  }

  async #use(keys: readonly JWK[]): Promise<void> {
    this.#keys = keys;
    this.#write();
    this.#process?.reload();
    await this.#process?.waitForLog('keys read');
  }

  /** Not by `fetch`: two hundred a second are to cost the gateway's processor nothing. */
  async #post(path: string, { user, body }: { readonly user: string; readonly body: string }): Promise<string> {
    const asked = request(this.issuer + path, {
      method: 'POST',
      agent: this.#agent,
      auth: `${user}:${secretOf(user)}`,
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'content-length': body.length },
    });
    asked.end(body);
    const [response] = (await once(asked, 'response')) as [NodeJS.ReadableStream];
    return text(response);
  }
}

/** A key for ES256. */
export function createKey(): JWK {
  const jwk = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
  return { ...jwk, kid: randomUUID(), use: 'sig', alg: 'ES256' };
}
