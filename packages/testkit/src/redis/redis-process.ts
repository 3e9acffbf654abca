import { spawnSync } from 'node:child_process';

import { leasePort, type PortLease } from '../port-lease.ts';
import { REDIS_SERVER } from './redis-server.ts';
import { ChildServer } from '../servers/child-server.ts';

const HOST = '127.0.0.1';
/** Nothing is kept on disk, by a replica neither; later arguments may say otherwise. */
const SERVER_ARGS = ['--save', '', '--appendonly', 'no', '--repl-diskless-load', 'swapdb'];
const HELP = 'start Docker, or install redis-server (Debian: apt-get install redis-server), version 7 or newer';

/** Whether there is a `redis-server` on the PATH: tests that kill it and start it again can do with nothing else. */
export function hasRedisServer(): boolean {
  return spawnSync(REDIS_SERVER, ['--version']).status === 0;
}

/** A `redis-server` from the PATH, on a port of its own that it keeps over restarts, until it is disposed of. */
export class RedisProcess implements AsyncDisposable {
  readonly host = HOST;
  readonly port: number;
  readonly #leases: readonly [PortLease, ...PortLease[]];
  readonly #server: ChildServer;

  private constructor(leases: readonly [PortLease, ...PortLease[]], args: readonly string[]) {
    this.#leases = leases;
    this.port = leases[0].port;
    this.#server = new ChildServer({
      command: REDIS_SERVER,
      args: ['--bind', HOST, '--port', String(this.port), ...SERVER_ARGS, ...args],
      ready: /Ready to accept connections/,
      help: HELP,
    });
  }

  /** @throws Error that says how to get a Redis, where there is none */
  static async start(args: readonly string[] = []): Promise<RedisProcess> {
    const redis = new RedisProcess([await leasePort()], args);
    await redis.restart();
    return redis;
  }

  /**
   * A server that may be one of a Redis Cluster. Its port for the others of the cluster is 10,000 above its own unless it is told, where
   * any connection that leaves this host may be.
   *
   * @throws Error that says how to get a Redis, where there is none
   */
  static async startClusterNode(args: readonly string[] = []): Promise<RedisProcess> {
    const leases = [await leasePort(), await leasePort()] as const;
    const asNode = ['--cluster-enabled', 'yes', '--cluster-port', String(leases[1].port)];
    const redis = new RedisProcess(leases, [...asNode, ...args]);
    await redis.restart();
    return redis;
  }

  /** For other servers of its cluster, where it may be one of a cluster. */
  get clusterPort(): number | undefined {
    return this.#leases[1]?.port;
  }

  get url(): string {
    return `redis://${this.host}:${String(this.port)}`;
  }

  /** Starts the server again after `kill`; resolves when it takes connections. */
  async restart(): Promise<void> {
    await this.#server.start();
  }

  /** Lets it stand still, as a machine that hangs would: its connections stay, and nobody answers on them. */
  freeze(): void {
    this.#server.signal('SIGSTOP');
  }

  thaw(): void {
    this.#server.signal('SIGCONT');
  }

  /** Ends it at once, as a crash would. */
  async kill(): Promise<void> {
    await this.#server.kill();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    for (const lease of this.#leases) lease[Symbol.dispose]();
  }
}
