import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

import { createLogger } from '@outcry/service';
import { makeToken } from '@outcry/testkit';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';

import { loadGatewayConfig } from '../config/config.ts';
import { GatewayMetrics } from '../observability/metrics.ts';
import { type Authenticator, TokenRefusal } from './authenticator.ts';
import { createAuthenticator } from './create-authenticator.ts';
import { RevokedTokens } from './revoked-tokens.ts';
import { KeysFileWatch } from './tokens/keys-file-watch.ts';
import type { TokenKeys } from './tokens/verification-key.ts';
import { WatchedKeys } from './watched-keys.ts';

const secretOf = (kid: string) => ({ kid, kty: 'oct', k: Buffer.alloc(32, kid).toString('base64url') });
const publicOf = (kid: string) => ({ kid, kty: 'OKP', crv: 'Ed25519', x: Buffer.alloc(32, 1).toString('base64url') });

const ISSUER = 'https://login.example.com/';
const RETRY_MS = 30_000;
const HOUR_MS = 3_600_000;

/** Signs as the provider does with this key. */
function createSigner(kid: string): { readonly jwk: object; sign(sub: string): string } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    jwk: { ...publicKey.export({ format: 'jwk' }), kid, use: 'sig' },
    sign: (sub) => makeToken(privateKey, { sub, claims: { iss: ISSUER }, header: { alg: 'ES256', kid } }),
  };
}

describe('the keys of the authenticator', () => {
  let directory: string;
  let path: string;
  let provider: Server;
  let url: string;
  /** What the provider has; undefined where it is away. */
  let provided: object[] | undefined;
  let asked: number;
  let metrics: GatewayMetrics;
  let used: TokenKeys[];
  let counts: number[];
  let keys: WatchedKeys;

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'outcry-'));
    path = join(directory, 'keys.json');
    provided = [];
    asked = 0;
    provider = createServer((_, response) => {
      asked += 1;
      if (provided === undefined) response.writeHead(503);
      response.end(JSON.stringify({ keys: provided }));
    }).listen(0, '127.0.0.1');
    await once(provider, 'listening');
    url = `http://127.0.0.1:${String((provider.address() as AddressInfo).port)}/jwks`;
    metrics = new GatewayMetrics();
    used = [];
    counts = [];
  });
  afterEach(async () => {
    keys.close();
    provider.closeAllConnections();
    await provider[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true });
  });

  function watchKeys(
    environment: Readonly<Record<string, string>>,
    authenticator: Pick<Authenticator, 'useKeys'> = { useKeys: (all) => used.push(all) },
  ): void {
    keys = new WatchedKeys({
      config: loadGatewayConfig(environment).config.auth.tokens ?? expect.fail('tokens are checked'),
      authenticator,
      onKeys: (count) => counts.push(count),
      metrics,
      logger: createLogger({ level: 'silent', fields: {} }),
    });
  }

  const write = (...own: object[]): void => {
    writeFileSync(path, JSON.stringify({ keys: own }));
  };
  const names = (): unknown => used.at(-1)?.all.map(({ id, algorithm }) => [id, algorithm]);
  const outcomes = async (): Promise<unknown> =>
    (await metrics.keyFetches.get()).values
      .filter(({ value }) => value > 0)
      .map(({ labels, value }) => [labels['outcome'], value]);
  /** Beside a clock that stands still. */
  const untilOutcomes = async (counts: Readonly<Record<string, number>>): Promise<void> => {
    const wanted = Object.entries(counts);
    while (!isDeepStrictEqual(await outcomes(), wanted)) await new Promise(setImmediate);
  };
  const fetchedAt = async (): Promise<number> => (await metrics.keysFetchedAt.get()).values[0]?.value ?? NaN;

  it('are those at hand, and the provider’s as soon as they are there; of two with one name it is our own', async () => {
    write(secretOf('ours'), secretOf('both'));
    provided = [publicOf('both'), publicOf('theirs')];
    watchKeys({ OUTCRY_AUTH_KEYS_FILE: path, OUTCRY_AUTH_JWKS_URL: url });
    const atHand = [
      ['ours', 'HS256'],
      ['both', 'HS256'],
    ];
    expect([names(), counts]).toEqual([atHand, [2]]);
    expect(used[0]?.mayStillCome?.(0)).toBe(true);
    await keys.start();
    expect([names(), counts]).toEqual([
      [...atHand, ['theirs', 'EdDSA']],
      [2, 3],
    ]);
    expect(used.at(-1)?.mayStillCome?.(0)).toBe(false);
    expect(await outcomes()).toEqual([['fetched', 1]]);
    expect(Date.now() / 1000 - (await fetchedAt())).toBeLessThan(60);
  });

  it('are those at hand while the provider is away, whose coming nobody excludes', async () => {
    write(secretOf('ours'));
    provided = undefined;
    watchKeys({ OUTCRY_AUTH_KEYS_FILE: path, OUTCRY_AUTH_JWKS_URL: url });
    await keys.start();
    expect([names(), counts]).toEqual([[['ours', 'HS256']], [1]]);
    expect(used.at(-1)?.mayStillCome?.(0)).toBe(true);
    expect(await outcomes()).toEqual([['failed', 1]]);
    expect(await fetchedAt()).toBe(0);
  });

  it('are read and fetched again at once for whoever has changed them', async () => {
    write(secretOf('ours'));
    provided = [publicOf('theirs')];
    watchKeys({ OUTCRY_AUTH_KEYS_FILE: path, OUTCRY_AUTH_JWKS_URL: url });
    await keys.start();
    write(secretOf('new'));
    provided = [publicOf('their-new')];
    keys.readNow();
    expect(names()).toEqual([
      ['new', 'HS256'],
      ['theirs', 'EdDSA'],
    ]);
    await vi.waitUntil(() => used.at(-1)?.all.some(({ id }) => id === 'their-new'));
    expect(names()).toEqual([
      ['new', 'HS256'],
      ['their-new', 'EdDSA'],
    ]);
    expect(asked).toBe(2);
  });

  it('are all there ever will be where there is neither a file nor a provider', async () => {
    watchKeys({ OUTCRY_AUTH_SECRET: 's'.repeat(32) });
    await keys.start();
    keys.readNow();
    expect(used).toEqual([{ all: [expect.objectContaining({ id: undefined, algorithm: 'HS256' })] }]);
    expect([counts, asked]).toEqual([[1], 0]);
  });

  it('let people in for an hour in which the provider is away, which the metrics tell, and change when it is back', async () => {
    const [first, second] = [createSigner('first'), createSigner('second')];
    provided = [first.jwk];
    const { auth } = loadGatewayConfig({ OUTCRY_AUTH_JWKS_URL: url, OUTCRY_AUTH_ISSUER: ISSUER }).config;
    const revokedTokens = new RevokedTokens();
    const authenticator = createAuthenticator(auth, { revokedTokens, accountNames: new Set() });
    // Sockets and their events keep their own time.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    watchKeys({ OUTCRY_AUTH_JWKS_URL: url, OUTCRY_AUTH_ISSUER: ISSUER }, authenticator);
    await keys.start();
    const startedAt = await fetchedAt();
    provided = undefined;
    keys.readNow();
    vi.advanceTimersByTime(0);
    for (let failed = 1; failed <= HOUR_MS / RETRY_MS; failed++) {
      await untilOutcomes({ fetched: 1, failed });
      expect(authenticator.authenticate(first.sign('ann'))).toMatchObject({ identity: { user: 'ann' } });
      expect(authenticator.authenticate(second.sign('ann')).refusal).toBe(TokenRefusal.KeyToCome);
      expect(await fetchedAt()).toBe(startedAt);
      vi.advanceTimersByTime(RETRY_MS);
    }
    await untilOutcomes({ fetched: 1, failed: HOUR_MS / RETRY_MS + 1 });
    provided = [second.jwk];
    vi.advanceTimersByTime(RETRY_MS);
    await untilOutcomes({ fetched: 2, failed: HOUR_MS / RETRY_MS + 1 });
    expect(authenticator.authenticate(second.sign('ann'))).toMatchObject({ identity: { user: 'ann' } });
    expect(authenticator.authenticate(first.sign('ann')).identity).toBeUndefined();
    expect((await fetchedAt()) - startedAt).toBeGreaterThanOrEqual(HOUR_MS / 1000);
  });

  it('are neither watched nor fetched any more when it is closed', async () => {
    write(secretOf('ours'));
    provided = [publicOf('theirs')];
    watchKeys({ OUTCRY_AUTH_KEYS_FILE: path, OUTCRY_AUTH_JWKS_URL: url });
    const ended = vi.spyOn(KeysFileWatch.prototype, 'close');
    onTestFinished(() => {
      ended.mockRestore();
    });
    const starting = keys.start();
    keys.close();
    await starting;
    expect(ended).toHaveBeenCalledOnce();
    expect([names(), await outcomes()]).toEqual([[['ours', 'HS256']], []]);
  });
});
