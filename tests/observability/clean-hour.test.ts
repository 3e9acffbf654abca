import { env } from 'node:process';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { last } from '../support/eventually.ts';
import { Load } from './support/load.ts';
import { ObservedCluster } from './support/observed-cluster.ts';
import { ARCHIVED_ROOM, TOLD_ROOM } from './support/observed-services.ts';
import { firedSince } from './support/watch-alerts.ts';

/** An hour of the rules in a minute, or in three (`-- --long`). */
const SPEED = env['OUTCRY_OBSERVABILITY'] === 'long' ? 20 : 60;
const HOUR_MS = 3_600_000 / SPEED;
/** What has to have happened for the hour to be one under load: of each at least so many. */
const WORK = {
  outcry_gateway_messages_in_total: 200,
  outcry_gateway_book_frames_relayed_total: 100,
  outcry_feed_publisher_frames_total: 100,
  outcry_archive_rows_total: 50,
  outcry_events_told_total: 50,
  'outcry_gateway_hook_calls_total{outcome="answered"}': 50,
} as const;

describe('a clean hour', () => {
  let cluster: ObservedCluster;
  let load: Load;
  beforeAll(async () => {
    cluster = await ObservedCluster.start({ speed: SPEED, hasServices: true });
    load = new Load();
    for (const gateway of cluster.gateways) {
      for (const encoding of ['json', 'msgpack'] as const) {
        const connect = (user: string) => cluster.connect({ gateway, encoding, user: `${user}-${encoding}` });
        await load.publish(await connect('ann'), 'lobby');
        await load.watch(await connect('bob'), 'BTCUSDT');
        await load.publish(await connect('dan'), ARCHIVED_ROOM);
        load.comeAndGo(await connect('eve'), TOLD_ROOM);
      }
    }
  });
  afterAll(async () => {
    await load[Symbol.asyncDispose]();
    await cluster[Symbol.asyncDispose]();
  });

  it('under load, of everything that there is, fires nothing', async () => {
    const { prometheus } = cluster;
    const startedAt = Date.now();
    await last(HOUR_MS);
    const ms = String(Date.now() - startedAt);
    expect(await firedSince(prometheus, startedAt)).toEqual([]);
    // Or it would be an hour in which nothing happens, or in which nobody looks.
    expect(await prometheus.query(`avg_over_time(up[${ms}ms]) < 0.9`)).toEqual([]);
    for (const [series, atLeast] of Object.entries(WORK)) {
      const [done] = await prometheus.query(`sum(increase(${series}[${ms}ms]))`);
      expect(done?.value, series).toBeGreaterThan(atLeast);
    }
  });
});
