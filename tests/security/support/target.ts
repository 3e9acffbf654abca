import { readFile } from 'node:fs/promises';

import {
  type GatewayProcess,
  makeToken,
  type RawClientOptions,
  startGateway,
  startRedis,
  type TestRedis,
  uniquePrefix,
  type WireEncoding,
} from '@outcry/testkit';

import { SECRET, writeKeysFile } from './keys.ts';

export const ORIGIN = 'https://app.example.com';
export const ISSUER = 'https://issuer.example';
export const AUDIENCE = 'outcry';
export const COOKIE = 'session';
/** pino's `error`. */
const ERROR_LEVEL = 50;
const PAGE_BYTES = 4096;
/** A session outlasts the longest run. */
const TOKEN_LIFETIME_SECONDS = 3600;

const SETTINGS = {
  authSecret: SECRET,
  authIssuer: ISSUER,
  authAudience: AUDIENCE,
  authCookie: COOKIE,
  origins: `${ORIGIN},http://localhost:1337`,
  // Shorter than by default, so that who only waits is sent away within a short test, and nobody else is.
  authDeadlineMs: 4000,
  heartbeatMs: 1000,
  idleTimeoutMs: 6000,
} as const;

interface TargetParts {
  readonly gateway: GatewayProcess;
  readonly redis: TestRedis;
  readonly prefix: string;
  readonly residentBytes: number;
  readonly removeKeys: () => Promise<void>;
}

/** One gateway with a Redis of its own, keys and an allow-list of origins. */
export class Target implements AsyncDisposable {
  readonly gateway: GatewayProcess;
  readonly redis: TestRedis;
  readonly redisPrefix: string;
  /** What its process took before anything was done to it. */
  readonly residentBytesAtStart: number;
  readonly #removeKeys: () => Promise<void>;
  #users = 0;
  #hasEnded = false;

  private constructor(parts: TargetParts) {
    this.gateway = parts.gateway;
    this.redis = parts.redis;
    this.redisPrefix = parts.prefix;
    this.residentBytesAtStart = parts.residentBytes;
    this.#removeKeys = parts.removeKeys;
    void parts.gateway.process.exited.then(() => {
      this.#hasEnded = true;
    });
  }

  static async start(): Promise<Target> {
    const [redis, keys] = await Promise.all([startRedis(), writeKeysFile()]);
    const prefix = uniquePrefix();
    const gateway = await startGateway({
      ...SETTINGS,
      redisUrl: redis.url,
      redisPrefix: prefix,
      authKeysFile: keys.path,
    });
    const residentBytes = await residentBytesOf(gateway.process.pid);
    return new Target({ gateway, redis, prefix, residentBytes, removeKeys: keys.remove });
  }

  get url(): string {
    return this.gateway.url;
  }

  /** What a session with all rights in ordinary rooms connects with, each time as somebody else. */
  session(encoding: WireEncoding): RawClientOptions & { readonly token: string } {
    return { url: this.url, encoding, token: this.tokenOf(this.nextUser()) };
  }

  nextUser(): string {
    this.#users += 1;
    return `user-${String(this.#users)}`;
  }

  /** A token with all rights in ordinary rooms. */
  tokenOf(user: string): string {
    const rooms = { '*': ['read', 'write', 'signal', 'presence'] };
    const lifetimeSeconds = TOKEN_LIFETIME_SECONDS;
    return makeToken(SECRET, { sub: user, claims: { iss: ISSUER, aud: AUDIENCE, rooms }, lifetimeSeconds });
  }

  /** Whether the process that was started is the one that runs. */
  get isAlive(): boolean {
    return !this.#hasEnded;
  }

  /** What the gateway has logged as its own faults. */
  get faults(): readonly string[] {
    return this.gateway.process.log
      .filter(({ level }) => level >= ERROR_LEVEL)
      .map((record) => `logged: ${JSON.stringify(record)}`);
  }

  residentBytes(): Promise<number> {
    return residentBytesOf(this.gateway.process.pid);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.gateway[Symbol.asyncDispose]();
    await Promise.all([this.redis.stop(), this.#removeKeys()]);
  }
}

async function residentBytesOf(pid: number): Promise<number> {
  const statm = await readFile(`/proc/${String(pid)}/statm`, 'utf8');
  return Number(statm.split(' ')[1]) * PAGE_BYTES;
}
