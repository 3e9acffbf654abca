import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { makeToken, RawClient, ServiceProcess, TestDatabase, UNLIMITED } from '@outcry/testkit';

import { Load } from './load.ts';
import { EVERYTHING, ObservedCluster } from './observed-cluster.ts';
import { ARCHIVED_ROOM, OF_SERVICES, SECRET, TOLD_ROOM } from './observed-services.ts';
import { Owned } from './owned.ts';
import { makeTemporaryFolder } from './temporary-folder.ts';

/** Scraped each second, so that two minutes are as many points as half an hour is elsewhere. */
const SPEED = 15;
export const SCRAPE_SECONDS = 1;
const SCENARIO_SECONDS = 22;
/** Two processors have enough to do with a dozen processes. Slow readers are few, and miss much. */
const SCENARIOS: readonly (readonly string[])[] = [
  ['rooms', '-c', '40', '-r', '15'],
  ['chat', '-c', '40', '-r', '15'],
  ['churn', '-c', '40', '-r', '15'],
  ['slow', '-c', '12', '-r', '40', '--size', '10000', '--slow-share', '25%'],
];
const WATCHERS_OF_BOOKS = ['-c', '20'];
/** What each scenario needs at its beginning and its end comes on top. */
const FEED_SECONDS = SCENARIOS.length * (SCENARIO_SECONDS + 7);
const TOKENS = 40;
const SYMBOLS = 'BTCUSDT,ETHUSDT,SOLUSDT';
/** Soon nobody but the archive has it. */
const PAST = { before: 40, limit: 20 };
const HOOK_MS = { least: 5, more: 40 };
const REFUSED_EACH_MS = 4000;
const WATCHERS = ['BTCUSDT', 'ETHUSDT'] as const;
/** A machine that has other things to do is late, and nothing is wrong with the cluster. */
const PATIENCE = ['--max-silence', '30s'];
/** Of a load test that could not begin: docs/LOADTEST.md. */
const UNUSABLE = 2;

/** A cluster of three gateways as operators run it, each service with another one that stands by, and clients that do all there is to do. */
export class EverydayCluster implements AsyncDisposable {
  readonly cluster: ObservedCluster;
  readonly #owned: Owned;
  readonly #urls: readonly string[];

  private constructor(cluster: ObservedCluster, owned: Owned, urls: readonly string[]) {
    this.cluster = cluster;
    this.#owned = owned;
    this.#urls = urls;
  }

  static async start(): Promise<EverydayCluster> {
    const owned = new Owned();
    try {
      const cluster = owned.keep(await ObservedCluster.start({ speed: SPEED, hasServices: true, settings: UNLIMITED }));
      const archiveUrl = cluster.services.postgres.url;
      const third = owned.keep(await cluster.addGateway({ ...OF_SERVICES, ...UNLIMITED, archiveUrl }));
      owned.keep(await cluster.addPublisher({ symbols: SYMBOLS }));
      owned.keep(await cluster.addArchive());
      const gateways = [...cluster.gateways, third.process];
      const everyday = new EverydayCluster(
        cluster,
        owned,
        gateways.map(({ url }) => url),
      );
      await everyday.#begin();
      return everyday;
    } catch (err) {
      await owned[Symbol.asyncDispose]();
      throw err;
    }
  }

  /** The load test, for two minutes: one scenario after the other, and watchers of books all the time. Says where a check of it did not hold. */
  async loadTest(): Promise<void> {
    const folder = this.#owned.keep(await makeTemporaryFolder());
    const file = join(folder.path, 'tokens.txt');
    await writeFile(file, Array.from({ length: TOKENS }, (_, i) => tokenOf(`user-${String(i)}`)).join('\n'));
    const shared = ['--token-file', file, '--workers', '1', ...PATIENCE];
    const inTurn = async (): Promise<void> => {
      for (const scenario of SCENARIOS) await this.#run([...scenario, ...shared, '-d', `${String(SCENARIO_SECONDS)}s`]);
    };
    await Promise.all([
      inTurn(),
      this.#run(['feed', ...WATCHERS_OF_BOOKS, ...shared, '-d', `${String(FEED_SECONDS)}s`]),
    ]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned[Symbol.asyncDispose]();
  }

  /** What goes on beside it for as long as the cluster is there: books, an archived room and its past, hooks, an outbox. */
  async #begin(): Promise<void> {
    const { cluster } = this;
    const [url = ''] = this.#urls;
    const load = this.#owned.keep(new Load());
    cluster.hooks.answer('join', async () => {
      await delay(HOOK_MS.least + Math.random() * HOOK_MS.more);
      return { json: { allow: true } };
    });
    for (const encoding of ['json', 'msgpack'] as const) {
      await load.publish(await cluster.connect({ encoding, user: encoding }), 'lobby');
      await load.publish(await cluster.connect({ encoding, user: `${encoding}-keeper` }), ARCHIVED_ROOM);
      for (const symbol of WATCHERS) await load.watch(await cluster.connect({ encoding, user: symbol }), symbol);
    }
    load.comeAndGo(await cluster.connect({ user: 'guest', gateway: cluster.gateways[1] }), TOLD_ROOM);
    const reader = await RawClient.connect({
      url: this.#urls.at(-1) ?? '',
      encoding: 'json',
      token: tokenOf('reader'),
    });
    await load.readBack(reader, { room: ARCHIVED_ROOM, ...PAST });
    load.repeat(async () => {
      const stranger = await RawClient.connect({ url, encoding: 'json', token: 'of-nobody' }).catch(() => undefined);
      stranger?.socket.destroy();
    }, REFUSED_EACH_MS);
    const database = this.#owned.keep(new TestDatabase(cluster.services.postgres, 'outcry'));
    const outbox = await database.connect();
    load.repeat(() => outbox.query('SELECT outcry.publish($1, $2)', ['orders', '{"state":"shipped"}']));
  }

  async #run(args: readonly string[]): Promise<void> {
    const targets = this.#urls.flatMap((url) => ['-u', url]);
    const run = new ServiceProcess({ entry: 'tools/loadtest/src/main.ts', args: [...args, ...targets] });
    const { code } = await run.exited;
    const said = `the load test ended with ${String(code)}:\n${run.output.join('\n')}`;
    if (code === null || code === UNUSABLE) throw new Error(said);
    if (code !== 0) console.error(said);
  }
}

function tokenOf(user: string): string {
  return makeToken(SECRET, { sub: user, claims: { rooms: { '*': EVERYTHING } }, lifetimeSeconds: 3600 });
}
