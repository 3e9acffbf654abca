import { setTimeout as delay } from 'node:timers/promises';

import { makeToken, RawClient } from '@outcry/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { last } from '../support/eventually.ts';
import { Load } from './support/load.ts';
import { ObservedCluster } from './support/observed-cluster.ts';
import { ARCHIVED_ROOM, TOLD_ROOM, UNARCHIVED_BYTES } from './support/observed-services.ts';
import { expectExactly, firedSince, untilFiring } from './support/watch-alerts.ts';

/** A minute of the rules in three seconds. */
const SPEED = 20;
/** A quarter of an hour of the rules. */
const QUIET_MS = 45_000;
/** Past one a second, and not past what a busy machine does beside a cluster. */
const BETWEEN_GUESSES_MS = 100;
const MESSAGE = 'x'.repeat(1000);
const FORGED = makeToken('not-the-secret-of-the-gateways-at-all', { sub: 'mallory' });

describe('each fault fires exactly its alerts, and they end with it', () => {
  let cluster: ObservedCluster;
  let load: Load;

  beforeAll(async () => {
    cluster = await ObservedCluster.start({ speed: SPEED, hasServices: true });
    load = new Load();
    for (const gateway of cluster.gateways) {
      await load.publish(await cluster.connect({ gateway, user: 'ann' }), 'lobby');
      await load.watch(await cluster.connect({ gateway, user: 'bob', encoding: 'msgpack' }), 'BTCUSDT');
      load.comeAndGo(await cluster.connect({ gateway, user: 'eve' }), TOLD_ROOM);
    }
    // On the first gateway alone: the room keeps ten messages, so a gateway that is deaf for a second has to reset its members.
    await load.publish(await cluster.connect({ user: 'dan' }), ARCHIVED_ROOM);
  });
  afterAll(async () => {
    await load[Symbol.asyncDispose]();
    await cluster[Symbol.asyncDispose]();
  });

  it('none: a quiet time under load', async () => {
    const startedAt = Date.now();
    await last(QUIET_MS);
    expect(await firedSince(cluster.prometheus, startedAt)).toEqual([]);
  });

  it('Redis is killed', async () => {
    await expectExactly(cluster, {
      alerts: ['OutcryRedisAway'],
      begin: () => cluster.redis.kill(),
      end: () => cluster.redis.restart(),
    });
  });

  it('Redis is full', async () => {
    await expectExactly(cluster, {
      alerts: ['OutcryStorageNotWritable'],
      begin: () => cluster.admin('CONFIG', 'SET', 'maxmemory', '1'),
      end: () => cluster.admin('CONFIG', 'SET', 'maxmemory', '0'),
    });
  });

  it('Redis takes no writes', async () => {
    await expectExactly(cluster, {
      alerts: ['OutcryStorageNotWritable'],
      begin: () => cluster.admin('CONFIG', 'SET', 'min-replicas-to-write', '1'),
      end: () => cluster.admin('CONFIG', 'SET', 'min-replicas-to-write', '0'),
    });
  });

  it('one gateway is not let into Redis', async () => {
    await expectExactly(cluster, {
      alerts: ['OutcryNodeDeaf'],
      begin: () => cluster.deafen(),
      end: () => cluster.undeafen(),
    });
  });

  it('a gateway is frozen', async () => {
    const [, second] = cluster.gateways;
    await expectExactly(cluster, {
      alerts: ['OutcryDown'],
      begin: () => {
        second.process.freeze();
      },
      end: () => {
        second.process.thaw();
      },
    });
  });

  it('the only publisher is killed', async () => {
    await expectExactly(cluster, {
      alerts: ['OutcryBookStale', 'OutcryDown'],
      begin: () => cluster.killPublisher(),
      end: () => cluster.restartPublisher(),
    });
  });

  it('the operator’s server fails', async () => {
    await expectExactly(cluster, {
      alerts: ['OutcryHookBreakerOpen'],
      begin: () => cluster.hooks.goAway(),
      end: () => cluster.hooks.comeBack(),
    });
  });

  it('the archive cannot come to its database', async () => {
    const { archiveWay } = cluster.services;
    await expectExactly(cluster, {
      alerts: ['OutcryArchiveBehind'],
      begin: () => archiveWay.cut(),
      end: () => archiveWay.restore(),
    });
  });

  it('more is said meanwhile than streams have room for', async () => {
    const { archiveWay } = cluster.services;
    await expectExactly(cluster, {
      alerts: ['OutcryArchiveBehind', 'OutcryArchiveGaps'],
      begin: async () => {
        await archiveWay.cut();
        await sayTooMuch(cluster);
        await untilFiring(cluster, ['OutcryArchiveBehind']);
        // What is missing is known when it is looked for.
        await archiveWay.restore();
      },
      end: () => undefined,
    });
  });

  it('the operator’s server takes no events', async () => {
    const { told } = cluster.services;
    await expectExactly(cluster, {
      alerts: ['OutcryEventsBehind'],
      begin: () => told.goAway(),
      end: () => told.comeBack(),
    });
  });

  it('the database is away', async () => {
    const { postgres } = cluster.services;
    await expectExactly(cluster, {
      alerts: ['OutcryArchiveBehind', 'OutcryInboundBehind'],
      begin: () => postgres.kill(),
      end: () => postgres.restart(),
    });
  });

  it('somebody comes with tokens that do not hold', async () => {
    const [{ url }] = cluster.gateways;
    const guessing = new AbortController();
    let done = Promise.resolve();
    const guess = async (): Promise<void> => {
      while (!guessing.signal.aborted) {
        await RawClient.connect({ url, encoding: 'json', token: FORGED }).then(
          (client) => client.waitForClose(),
          () => undefined,
        );
        await delay(BETWEEN_GUESSES_MS);
      }
    };
    await expectExactly(cluster, {
      alerts: ['OutcryAuthRefusals'],
      begin: () => {
        done = guess();
      },
      end: async () => {
        guessing.abort();
        await done;
      },
    });
  });

  // The last of all: rooms in which nobody says anything learn of it when their node comes to Redis again, whatever for.
  it('Redis loses what it stores', async () => {
    await expectExactly(cluster, {
      alerts: ['OutcryRoomResets'],
      begin: () => cluster.admin('FLUSHALL'),
      // It goes on at once, and those who missed something have been told.
      end: () => undefined,
    });
  });
});

/** Three times what the stream of an archived room has for what is not archived. */
async function sayTooMuch(cluster: ObservedCluster): Promise<void> {
  const client = await cluster.connect({ user: 'max' });
  await client.expectAnswer('joined', { type: 'join', room: ARCHIVED_ROOM });
  for (let said = 0; said < 3 * UNARCHIVED_BYTES; said += MESSAGE.length) {
    await client.request({ type: 'publish', room: ARCHIVED_ROOM, data: MESSAGE });
  }
  client.socket.destroy();
}
