import {
  FaultProxy,
  type GatewayProcess,
  type GatewaySettings,
  startGateway,
  startRedis,
  type TestRedis,
  uniquePrefix,
  UNLIMITED,
} from '@outcry/testkit';
import { Redis } from 'ioredis';

import { eventually } from '../../support/eventually.ts';

const NODE_IDS = ['a', 'b', 'c'] as const;
const READY_DEADLINE_MS = 20_000;

/** A gateway with a proxy of its own between it and Redis. */
export interface SystemNode {
  readonly id: string;
  readonly gateway: GatewayProcess;
  readonly proxy: FaultProxy;
}

/** Where a system's Redis is; whoever made it lets go of it. */
export type RedisAddress = Pick<TestRedis, 'host' | 'port'>;

/** Three gateways over one Redis, with a fault proxy on each of the ways. */
export class System implements AsyncDisposable {
  readonly nodes: readonly SystemNode[];
  readonly prefix: string;
  readonly #redis: RedisAddress;
  readonly #owned: TestRedis | undefined;

  private constructor(parts: { nodes: readonly SystemNode[]; prefix: string; redis: RedisAddress; owned?: TestRedis }) {
    this.nodes = parts.nodes;
    this.prefix = parts.prefix;
    this.#redis = parts.redis;
    this.#owned = parts.owned;
  }

  /** Without a Redis given, on one of its own that keeps nothing on disk. */
  static async start({
    redis: given,
    settings = {},
  }: { redis?: RedisAddress; settings?: GatewaySettings } = {}): Promise<System> {
    const owned = given === undefined ? await startRedis() : undefined;
    const redis = given ?? owned;
    if (redis === undefined) throw new Error('no Redis');
    const prefix = uniquePrefix();
    const nodes = await Promise.all(
      NODE_IDS.map(async (id): Promise<SystemNode> => {
        const proxy = await FaultProxy.start({ host: redis.host, port: redis.port });
        const gateway = await startGateway({
          redisUrl: `redis://127.0.0.1:${String(proxy.port)}`,
          redisPrefix: prefix,
          nodeId: id,
          ...UNLIMITED,
          ...settings,
        });
        return { id, gateway, proxy };
      }),
    );
    return new System({ nodes, prefix, redis, ...(owned === undefined ? {} : { owned }) });
  }

  node(id: (typeof NODE_IDS)[number]): SystemNode {
    const node = this.nodes.find((candidate) => candidate.id === id);
    if (node === undefined) throw new Error(`no node ${id}`);
    return node;
  }

  /** Runs a command on Redis itself, past the proxies. */
  async admin<T>(command: (redis: Redis) => Promise<T>): Promise<T> {
    const redis = new Redis({ host: this.#redis.host, port: this.#redis.port, lazyConnect: true });
    await redis.connect();
    try {
      return await command(redis);
    } finally {
      redis.disconnect();
    }
  }

  /** Resolves when every gateway takes connections, with how long that took. */
  untilReady(deadlineMs = READY_DEADLINE_MS): Promise<number> {
    return eventually(async () => (await Promise.all(this.nodes.map(readiness))).every((status) => status === 200), {
      deadlineMs,
      describe: () => 'a gateway is not ready',
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(
      this.nodes.map(async ({ gateway, proxy }) => {
        await gateway[Symbol.asyncDispose]();
        await proxy[Symbol.asyncDispose]();
      }),
    );
    await this.#owned?.stop();
  }
}

/** What `/readyz` of a gateway answers. */
export async function readiness({ gateway }: SystemNode): Promise<number> {
  return (await fetch(`${gateway.internalUrl}/readyz`)).status;
}
