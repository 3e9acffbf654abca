import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { askRedis, untilRedis } from './ask-redis.ts';
import { leasePort, type PortLease } from '../port-lease.ts';
import { RedisProcess } from './redis-process.ts';
import { REDIS_SERVER } from './redis-server.ts';
import { ChildServer } from '../servers/child-server.ts';

const HOST = '127.0.0.1';
/** Of the primary, as the sentinels call it. */
const NAME = 'main';
/** A replica has everything at once, and not after the 5 s in which others might come. */
const SERVER_ARGS = ['--repl-diskless-sync-delay', '0'];

export interface RedisSentinelsOptions {
  /** A server that is silent for so long is down. Short where there is to be a failover; long where there must be none. */
  readonly downAfterMs?: number;
  /** More arguments for both servers. */
  readonly args?: readonly string[];
  /** More lines of the configuration of each sentinel. */
  readonly sentinelArgs?: readonly string[];
  /** By which the tests look at them, where those arguments set some. */
  readonly passwords?: { readonly servers: string; readonly sentinels: string };
}

/** One `redis-server --sentinel`, on a port of its own that it keeps. It writes into its configuration, so that is a file of its own. */
export class SentinelProcess implements AsyncDisposable {
  readonly port: number;
  readonly #lease: PortLease;
  readonly #directory = mkdtempSync(join(tmpdir(), 'outcry-sentinel-'));
  readonly #password: string | undefined;
  readonly #server: ChildServer;

  private constructor(lease: PortLease, lines: readonly string[], password: string | undefined) {
    this.#lease = lease;
    this.#password = password;
    this.port = lease.port;
    const all = [`port ${String(this.port)}`, `bind ${HOST}`, `dir ${this.#directory}`, ...lines];
    const file = join(this.#directory, 'sentinel.conf');
    writeFileSync(file, `${all.join('\n')}\n`);
    this.#server = new ChildServer({ command: REDIS_SERVER, args: [file, '--sentinel'], ready: /Sentinel ID is/ });
  }

  /** @param lines of its configuration; without any it watches nobody */
  static async start(lines: readonly string[] = [], password?: string): Promise<SentinelProcess> {
    const sentinel = new SentinelProcess(await leasePort(), lines, password);
    await sentinel.restart();
    return sentinel;
  }

  get url(): string {
    return `redis://${HOST}:${String(this.port)}`;
  }

  async restart(): Promise<void> {
    await this.#server.start();
  }

  /** Ends it at once, as a crash would. */
  async kill(): Promise<void> {
    await this.#server.kill();
  }

  /** What it answers, as it comes over the wire. */
  ask(...words: readonly string[]): Promise<string> {
    return askRedis(this.port, words, this.#password);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    this.#lease[Symbol.dispose]();
    rmSync(this.#directory, { recursive: true });
  }
}

/** A primary, its replica and the three sentinels that watch both, until they are disposed of. */
export class RedisSentinels implements AsyncDisposable {
  readonly servers: readonly [RedisProcess, RedisProcess];
  readonly sentinels: readonly SentinelProcess[];

  readonly #password: string | undefined;

  private constructor(
    servers: readonly [RedisProcess, RedisProcess],
    sentinels: readonly SentinelProcess[],
    password: string | undefined,
  ) {
    this.servers = servers;
    this.sentinels = sentinels;
    this.#password = password;
  }

  /** Resolves when the replica has what the primary has, and all sentinels know of each other and of the replica. */
  static async start(options: RedisSentinelsOptions = {}): Promise<RedisSentinels> {
    const { downAfterMs = 500, args = [], sentinelArgs = [], passwords } = options;
    const primary = await RedisProcess.start([...SERVER_ARGS, ...args]);
    const replica = await RedisProcess.start([...SERVER_ARGS, ...args]);
    // By a command, so that whichever is started anew takes itself for a primary.
    await askRedis(replica.port, ['REPLICAOF', HOST, String(primary.port)], passwords?.servers);
    const lines = [
      `sentinel monitor ${NAME} ${HOST} ${String(primary.port)} 2`,
      `sentinel down-after-milliseconds ${NAME} ${String(downAfterMs)}`,
      // An election that nobody has won is held again after twice of it.
      `sentinel failover-timeout ${NAME} 3000`,
      ...sentinelArgs,
    ];
    const sentinels = await Promise.all([1, 2, 3].map(() => SentinelProcess.start(lines, passwords?.sentinels)));
    const group = new RedisSentinels([primary, replica], sentinels, passwords?.servers);
    await group.untilWhole();
    return group;
  }

  /** `redis+sentinel://…/name` */
  get url(): string {
    return `redis+sentinel://${this.sentinels.map(({ port }) => `${HOST}:${String(port)}`).join(',')}/${NAME}`;
  }

  /** As the first sentinel has it that answers. */
  async primary(): Promise<RedisProcess> {
    for (const sentinel of this.sentinels) {
      const answer = await sentinel.ask('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', NAME).catch(() => '');
      const found = this.servers.find(({ port }) => answer.includes(`\r\n${String(port)}\r\n`));
      if (found !== undefined) return found;
    }
    throw new Error('no sentinel knows the primary');
  }

  other(server: RedisProcess): RedisProcess {
    return server === this.servers[0] ? this.servers[1] : this.servers[0];
  }

  /** Resolves when all sentinels say that another server than `old` is the primary. */
  async untilFailedOver(old: RedisProcess): Promise<void> {
    const port = `\r\n${String(this.other(old).port)}\r\n`;
    await untilRedis(`no failover from ${String(old.port)}`, async () => {
      const asked = this.sentinels.map((sentinel) => sentinel.ask('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', NAME));
      return (await Promise.all(asked)).every((answer) => answer.includes(port));
    });
  }

  /** Resolves when one server follows the other, and every sentinel could begin a failover. */
  async untilWhole(): Promise<void> {
    await untilRedis('the sentinels do not know of all', async () => {
      const primary = await this.primary();
      const [replication, ...known] = await Promise.all([
        this.ask(primary, 'INFO', 'replication'),
        ...this.sentinels.map((sentinel) => sentinel.ask('SENTINEL', 'MASTER', NAME)),
      ]);
      const count = (text: string, name: string): number =>
        Number(new RegExp(`\r\n${name}\r\n\\$\\d+\r\n(\\d+)\r\n`).exec(text)?.[1]);
      return (
        /slave0:.*state=online/.test(replication) &&
        known.every((text) => count(text, 'num-slaves') === 1 && count(text, 'num-other-sentinels') === 2)
      );
    });
  }

  /** Resolves when the replica has everything that the primary has now. */
  async untilReplicated(): Promise<void> {
    const primary = await this.primary();
    const [, wanted] = /master_repl_offset:(\d+)/.exec(await this.ask(primary, 'INFO', 'replication')) ?? [];
    await untilRedis('the replica lags', async () => {
      const [, has] = /slave0:.*offset=(\d+)/.exec(await this.ask(primary, 'INFO', 'replication')) ?? [];
      return Number(has) >= Number(wanted);
    });
  }

  /** Cuts the replica off from its primary, until the next failover: what is written from now on, the primary alone has. */
  async detachReplica(): Promise<void> {
    const replica = this.other(await this.primary());
    await this.ask(replica, 'REPLICAOF', HOST, '1');
    await untilRedis('the replica is not cut off', async () =>
      (await this.ask(replica, 'INFO', 'replication')).includes('master_link_status:down'),
    );
  }

  /** Runs a command on a server. The answer is as it comes over the wire. */
  ask(server: RedisProcess, ...words: readonly string[]): Promise<string> {
    return askRedis(server.port, words, this.#password);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.sentinels, ...this.servers].map((one) => one[Symbol.asyncDispose]()));
  }
}
