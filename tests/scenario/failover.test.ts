import { hasRedisServer, NO_FAULTS, RedisSentinels } from '@outcry/testkit';
import { expect, it } from 'vitest';

import { eventually, last } from '../support/eventually.ts';
import { roomNames, Run } from './support/run.ts';
import { scaled, TIMEOUT_MS } from './support/scale.ts';
import { STORE_KIND, Stores } from './support/stores.ts';
import { System } from './support/system.ts';
import { addRow } from './support/table.ts';

const ROOMS = roomNames(6);
const MEMBERS_PER_ROOM = 6;
const RATE = 120;
const FAILOVERS = scaled({ short: 1, long: 10 });
/** So many are acknowledged, some in each room, that reach no replica before the primary dies: they are lost. */
const LOST_TAIL = 6 * ROOMS.length;
/** Behind the failover, for who has nothing to catch up with. The promise is one second, on a machine that has time. */
const FRESH_LIMIT_MS = 5000;
/** With all that was not acknowledged meanwhile, which publishers send again. */
const LIVE_LIMIT_MS = 30_000;

/** Issue 16. */
it.runIf(STORE_KIND === 'one' && hasRedisServer())(
  'goes over to the replica of a primary that dies, tells what was lost, and never back to the old one',
  { timeout: TIMEOUT_MS },
  async () => {
    await using group = await RedisSentinels.start();
    // Past the proxies: sentinels say where the servers are.
    const stores = Stores.at([]);
    await using system = await System.start({ stores, settings: { redisUrl: group.url } });
    using run = new Run(system);
    run.spread(ROOMS, MEMBERS_PER_ROOM);
    for (const at of system.nodes) run.publisher({ rooms: ROOMS, rate: RATE / system.nodes.length, at });
    await run.untilJoined();
    for (const publisher of run.publishers) publisher.start();
    await last(1000);

    const repairs: number[] = [];
    /** Acknowledged while no replica followed, with the first few behind the failover. */
    let tail = 0;
    for (let round = 1; round <= FAILOVERS; round += 1) {
      const resetsBefore = run.judge().resets;
      const old = await group.primary();
      await group.detachReplica();
      const { acknowledged } = run.judge();
      await eventually(() => Promise.resolve(run.judge().acknowledged >= acknowledged + LOST_TAIL), {
        deadlineMs: LIVE_LIMIT_MS,
        describe: () => 'nothing is acknowledged',
      });
      await old.kill();
      await group.untilFailedOver(old);
      tail += run.judge().acknowledged - acknowledged;
      repairs.push(
        await eventually(() => Promise.resolve(run.members.every(({ isFresh }) => isFresh)), {
          deadlineMs: FRESH_LIMIT_MS,
          describe: () => 'a member is not live',
        }),
      );
      await run.untilWhole(LIVE_LIMIT_MS);
      // It comes back where it was, empty, and takes itself for the primary until a sentinel tells it otherwise.
      await old.restart();
      expect(await group.ask(old, 'INFO', 'replication')).toContain('role:master');
      await last(1000);
      expect(await group.ask(old, 'CLIENT', 'LIST')).not.toContain(system.prefix);
      await group.untilWhole();
      await run.untilWhole(LIVE_LIMIT_MS);
      // Each member has been told once that it is not live, and that what came after a position is gone.
      expect(Math.max(...run.members.map(({ staleCount }) => staleCount))).toBe(round);
      expect(run.judge().resets - resetsBefore).toBeGreaterThanOrEqual(run.members.length);
    }

    await run.stopPublishing();
    await run.untilWhole(LIVE_LIMIT_MS);
    await eventually(() => Promise.resolve(run.publishers.every(({ pending }) => pending === 0)), {
      deadlineMs: LIVE_LIMIT_MS,
      describe: () => 'a publish is not settled',
    });
    // What was acknowledged on its way to nobody is lost with the tail, and told with it. No number is given twice (decision 76).
    const { unseen, ...verdict } = run.judge();
    addRow(
      `Sentinel failover ×${String(FAILOVERS)}`,
      { unseen, ...verdict },
      {
        repairMs: Math.max(...repairs),
        remarks: `${String(verdict.resets)} told of lost tails, ${String(verdict.mismatched)} numbers given twice; behind the failover itself`,
      },
    );
    const { unseen: _, ...noFaults } = NO_FAULTS;
    expect(unseen).toBeLessThanOrEqual(tail);
    expect(verdict).toMatchObject({ ...noFaults, recovered: 0, startedAfresh: 0 });
    expect(run.members.every(({ losses }) => losses === 0)).toBe(true);
  },
);
