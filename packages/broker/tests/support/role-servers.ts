import { RedisNodes, startRedis } from '@outcry/testkit';
import { Redis } from 'ioredis';
import { createRole, type RedisRole, usedCommands } from './redis-role.ts';

/** The servers of one Redis, of several that share the rooms, or of a Redis Cluster, where nodes are their role and nothing else. */
export class RoleServers {
  /** Where a single connection gets to one of them. */
  readonly urls: readonly string[];
  readonly isCluster: boolean;
  readonly #clusterUrl: string | undefined;
  readonly #admins: readonly Redis[];
  readonly #stop: () => Promise<unknown>;

  private constructor(urls: readonly string[], clusterUrl: string | undefined, stop: () => Promise<unknown>) {
    this.urls = urls;
    this.isCluster = clusterUrl !== undefined;
    this.#clusterUrl = clusterUrl;
    this.#admins = urls.map((url) => new Redis(url));
    this.#stop = stop;
  }

  /** One, unless OUTCRY_TEST_REDIS_SHARDS says how many share the rooms, or OUTCRY_TEST_REDIS_CLUSTER how many are a Redis Cluster. */
  static async start(): Promise<RoleServers> {
    const primaries = numberWanted('OUTCRY_TEST_REDIS_CLUSTER', 0);
    if (primaries === 0) {
      const count = numberWanted('OUTCRY_TEST_REDIS_SHARDS', 1);
      const servers = await Promise.all(Array.from({ length: count }, () => startRedis()));
      const stop = (): Promise<unknown> => Promise.all(servers.map((server) => server.stop()));
      return new RoleServers(
        servers.map(({ url }) => url),
        undefined,
        stop,
      );
    }
    const nodes = await RedisNodes.start({ primaries });
    const urls = nodes.primaries.map(({ process }) => process.url);
    return new RoleServers(urls, nodes.url, () => nodes[Symbol.asyncDispose]());
  }

  /** Makes the user of a role everywhere, and resolves with the URL by which a node is that. */
  async createUrl(role: RedisRole, prefix: string): Promise<string> {
    const urls = await Promise.all(
      this.#admins.map((admin, i) =>
        createRole(admin, role, { url: this.#clusterUrl ?? this.urls[i] ?? '', prefix, isCluster: this.isCluster }),
      ),
    );
    return this.isCluster ? (urls[0] ?? '') : urls.join(',');
  }

  /** Makes the user of a role, and connects to one server as that. */
  async connectAs(role: RedisRole, prefix: string): Promise<Redis> {
    const [admin] = this.#admins;
    if (admin === undefined) throw new Error('expected a server');
    return new Redis(await createRole(admin, role, { url: this.urls[0] ?? '', prefix, isCluster: this.isCluster }));
  }

  /** What anybody has carried out since the beginning, or since it was forgotten. */
  async used(): Promise<readonly string[]> {
    return (await Promise.all(this.#admins.map((admin) => usedCommands(admin)))).flat();
  }

  async forgetUsed(): Promise<void> {
    await Promise.all(this.#admins.map((admin) => admin.config('RESETSTAT')));
  }

  async wipe(): Promise<void> {
    await Promise.all(this.#admins.map((admin) => admin.flushall()));
  }

  async stop(): Promise<void> {
    for (const admin of this.#admins) admin.disconnect();
    await this.#stop();
  }
}

function numberWanted(setting: string, otherwise: number): number {
  const wanted = process.env[setting] ?? String(otherwise);
  if (!/^\d$/.test(wanted)) throw new Error(`${setting} is "${wanted}": expected a number from 1 to 9`);
  return Number(wanted);
}
