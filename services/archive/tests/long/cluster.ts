import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  type ArchiveProcess,
  type ArchiveSettings,
  type GatewayProcess,
  PostgresProcess,
  startArchive,
  startGateway,
  uniquePrefix,
  UNLIMITED,
} from '@outcry/testkit';
import type pg from 'pg';

import { Database } from '../support/database.ts';
import { ARCHIVED, Speaker } from '../support/speaker.ts';
import { DurableRedis } from './durable-redis.ts';
import { until } from './until.ts';

/** Less than is said in a second or two: what is not archived yet is past what a room keeps. */
const HISTORY = { count: 20, seconds: 5 };

export interface ClusterOptions {
  readonly gateways?: number;
  readonly archives?: number;
  readonly archive?: Partial<ArchiveSettings>;
  /** Of PostgreSQL, before anything is in it. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Redis, PostgreSQL, gateways and archives, each in processes that can be killed and started again. */
export class Cluster implements AsyncDisposable {
  readonly redis: DurableRedis;
  readonly postgres: PostgresProcess;
  readonly database: Database;
  readonly gateways: GatewayProcess[] = [];
  readonly archives: ArchiveProcess[] = [];
  readonly #options: ClusterOptions;
  readonly #prefix = uniquePrefix();
  readonly #folder = mkdtempSync(join(tmpdir(), 'outcry-archive-'));

  private constructor(options: ClusterOptions, parts: Pick<Cluster, 'redis' | 'postgres' | 'database'>) {
    this.#options = options;
    this.redis = parts.redis;
    this.postgres = parts.postgres;
    this.database = parts.database;
  }

  static async start(options: ClusterOptions): Promise<Cluster> {
    const { gateways = 0, archives = 1, settings = {} } = options;
    const redis = await DurableRedis.start();
    const postgres = await PostgresProcess.start();
    const database = await Database.create(postgres);
    const cluster = new Cluster(options, { redis, postgres, database });
    await cluster.#configure(settings);
    // The first makes the schema, and roles get their rights in it.
    cluster.archives.push(await cluster.startArchive());
    await database.grantRoles();
    for (let i = 1; i < archives; i++) cluster.archives.push(await cluster.startArchive());
    for (let i = 0; i < gateways; i++) cluster.gateways.push(await cluster.startGateway());
    return cluster;
  }

  get prefix(): string {
    return this.#prefix;
  }

  get urls(): readonly string[] {
    return this.gateways.map(({ url }) => url);
  }

  startArchive(settings: Partial<ArchiveSettings> = {}): Promise<ArchiveProcess> {
    return startArchive({
      ...{ redisUrl: this.redis.url, redisPrefix: this.#prefix, archiveUrl: this.database.urlOf(), logLevel: 'info' },
      ...this.#options.archive,
      ...settings,
    });
  }

  startGateway(): Promise<GatewayProcess> {
    const roomRulesFile = join(this.#folder, 'rules.json');
    writeFileSync(roomRulesFile, JSON.stringify({ rules: [{ pattern: '*', archive: true, history: HISTORY }] }));
    return startGateway({
      ...UNLIMITED,
      ...{ redisUrl: this.redis.url, redisPrefix: this.#prefix, roomRulesFile },
      ...{ archiveUrl: this.database.urlOf('outcry_reader'), maxConnectionsPerAddress: 0, maxConnectionsPerUser: 0 },
      ...{ maxHandshakes: 0, maxHandshakesPerAddress: 0, maxConnectsPerMinute: 0 },
      ...{ maxNewRoomsPerUser: 0, maxNewRoomsPerAddress: 0, maxRooms: 1000, maxJoinsPerSecond: 0 },
    });
  }

  /** Publishes without a gateway. */
  startSpeaker(): Promise<Speaker> {
    return Speaker.start(this.redis.url, this.#prefix);
  }

  /** Resolves when everything that was said in these rooms is archived, with how many milliseconds that took. */
  async untilArchived(rooms: readonly string[], deadlineMs: number, database = this.database): Promise<number> {
    const speaker = await this.startSpeaker();
    const owner = await database.connect();
    const isArchived = async (): Promise<boolean> => {
      const cursors = await readCursors(owner);
      for (const room of rooms) {
        const { head } = await speaker.backplane.broker.readHistory(room, { last: 1 }, ARCHIVED);
        if (head.seq > 0 && cursors.get(room) !== `${head.epoch} ${String(head.seq)}`) return false;
      }
      return true;
    };
    try {
      return await until(isArchived, { what: 'all is archived', deadlineMs });
    } finally {
      await speaker[Symbol.asyncDispose]();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const each of [...this.gateways, ...this.archives]) await each[Symbol.asyncDispose]();
    await this.database[Symbol.asyncDispose]();
    await this.postgres[Symbol.asyncDispose]();
    await this.redis[Symbol.asyncDispose]();
    rmSync(this.#folder, { recursive: true });
  }

  async #configure(settings: Readonly<Record<string, string>>): Promise<void> {
    const owner = await this.database.connect();
    for (const [name, value] of Object.entries(settings)) await owner.query(`ALTER SYSTEM SET ${name} = '${value}'`);
    await owner.end();
    if (Object.keys(settings).length === 0) return;
    await this.postgres.kill();
    await this.postgres.restart();
  }
}

/** Runs something in a cluster of its own. */
export async function inCluster<T>(options: ClusterOptions, run: (cluster: Cluster) => Promise<T>): Promise<T> {
  const cluster = await Cluster.start(options);
  try {
    return await run(cluster);
  } finally {
    await cluster[Symbol.asyncDispose]();
  }
}

/** By room, epoch and seq in one text. */
async function readCursors(owner: pg.Client): Promise<ReadonlyMap<string, string>> {
  const { rows } = await owner.query<{ readonly room: string; readonly place: string }>(
    `SELECT room, epoch || ' ' || seq AS place FROM outcry.archive_cursors`,
  );
  return new Map(rows.map(({ room, place }) => [room, place]));
}

export async function kill({ process }: ArchiveProcess | GatewayProcess): Promise<void> {
  process.kill();
  await process.exited;
}

/** A metric, summed over its labels. */
export async function metricOf({ internalUrl }: { readonly internalUrl: string }, name: string): Promise<number> {
  const text = await (await fetch(`${internalUrl}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}
