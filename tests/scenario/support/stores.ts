import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { RedisNodes, RedisProcess, startRedis } from '@outcry/testkit';
import { Redis } from 'ioredis';

/** One Redis; two that know nothing of each other and share the rooms; or a Redis Cluster of three. */
export type StoreKind = 'one' | 'shards' | 'cluster';

/** `run-suite.js` sets it for `--redis`. */
export const STORE_KIND = readKind(process.env['OUTCRY_SCENARIO_REDIS'] ?? 'one');

const SHARDS = 2;
const PRIMARIES = 3;
/**
 * Every write is kept, over a kill too. With `everysec` it would not: while a sync is in progress, which on a busy disk is seconds, Redis
 * answers before it has written (`flushAppendOnlyFile`).
 */
const KEEPING = ['--appendonly', 'yes', '--appendfsync', 'always'];

/** Where a server is. */
export interface StoreAddress {
  readonly host: string;
  readonly port: number;
}

/** What the gateways of a system store in, until it is disposed of. */
export class Stores implements AsyncDisposable {
  /** All servers that anybody may connect to. */
  readonly addresses: readonly StoreAddress[];
  readonly #isCluster: boolean;
  readonly #end: () => Promise<unknown>;

  protected constructor(addresses: readonly StoreAddress[], isCluster: boolean, end: () => Promise<unknown>) {
    this.addresses = addresses;
    this.#isCluster = isCluster;
    this.#end = end;
  }

  /** They keep nothing on disk. */
  static async start(): Promise<Stores> {
    if (STORE_KIND !== 'one') return KillableStores.startKillable();
    const redis = await startRedis();
    return new Stores([redis], false, () => redis.stop());
  }

  /** Servers that are somebody else's to end. */
  static at(addresses: readonly StoreAddress[], isCluster = false): Stores {
    return new Stores(addresses, isCluster, () => Promise.resolve());
  }

  /** By which a node finds all of them. */
  get url(): string {
    return this.urlAt(this.addresses.map(({ port }) => port));
  }

  /** The same, where they are behind these ports of this host, in their order. */
  urlAt(ports: readonly number[]): string {
    const hosts = ports.map((port) => `127.0.0.1:${String(port)}`);
    return this.#isCluster ? `redis+cluster://${hosts.join()}` : hosts.map((host) => `redis://${host}`).join();
  }

  /** Runs a command on each of them. */
  admin<T>(command: (redis: Redis) => Promise<T>): Promise<readonly T[]> {
    return Promise.all(
      this.addresses.map(async ({ host, port }) => {
        const redis = new Redis({ host, port, lazyConnect: true });
        await redis.connect();
        try {
          return await command(redis);
        } finally {
          redis.disconnect();
        }
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
  }
}

export interface KillableOptions {
  /** Whether they have after a kill what they had before it. */
  readonly isPersistent?: boolean;
}

/** Servers that can be killed and started again: those of the PATH. */
export class KillableStores extends Stores {
  readonly processes: readonly RedisProcess[];

  private constructor(processes: readonly RedisProcess[], isCluster: boolean, end: () => Promise<unknown>) {
    super(processes, isCluster, end);
    this.processes = processes;
  }

  static async startKillable({ isPersistent = false }: KillableOptions = {}): Promise<KillableStores> {
    const args = isPersistent ? KEEPING : [];
    if (STORE_KIND === 'cluster') {
      const nodes = await RedisNodes.start({ primaries: PRIMARIES, args });
      const processes = nodes.primaries.map(({ process }) => process);
      return new KillableStores(processes, true, () => nodes[Symbol.asyncDispose]());
    }
    const folders: string[] = [];
    const processes: RedisProcess[] = [];
    for (let i = 0; i < (STORE_KIND === 'shards' ? SHARDS : 1); i += 1) {
      const folder = await mkdtemp(join(tmpdir(), 'outcry-redis-'));
      folders.push(folder);
      processes.push(await RedisProcess.start(['--dir', folder, ...args]));
    }
    return new KillableStores(processes, false, async () => {
      await Promise.all(processes.map((process) => process[Symbol.asyncDispose]()));
      await Promise.all(folders.map((folder) => rm(folder, { recursive: true })));
    });
  }

  async kill(): Promise<void> {
    await Promise.all(this.processes.map((process) => process.kill()));
  }

  async restart(): Promise<void> {
    await Promise.all(this.processes.map((process) => process.restart()));
  }
}

function readKind(text: string): StoreKind {
  if (text === 'one' || text === 'shards' || text === 'cluster') return text;
  throw new Error(`--redis=${text}: expected one, shards or cluster`);
}
