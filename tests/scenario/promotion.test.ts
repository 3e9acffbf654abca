import { hasRedisServer, NO_FAULTS, RedisNodes, type RedisNode } from '@outcry/testkit';
import { expect, it } from 'vitest';

import { eventually, last } from '../support/eventually.ts';
import type { Member } from './support/member.ts';
import { roomNames, Run } from './support/run.ts';
import { scaled, TIMEOUT_MS } from './support/scale.ts';
import { STORE_KIND, Stores } from './support/stores.ts';
import { System } from './support/system.ts';
import { addRow } from './support/table.ts';

/** So many that each primary has some. */
const ROOMS = roomNames(16);
const MEMBERS_PER_ROOM = 3;
const RATE = 160;
const KILLS = scaled({ short: 1, long: 10 });
/** Acknowledged in each room of the primary that dies, while no replica follows it. */
const LOST_TAIL = 5;
const NODE_TIMEOUT_MS = 2000;
const SERVERS = {
  hasReplicas: true,
  nodeTimeoutMs: NODE_TIMEOUT_MS,
  // The others go on meanwhile.
  args: ['--cluster-require-full-coverage', 'no'],
} as const;
/** Behind the promotion, for who has nothing to catch up with. The promise is one second, on a machine that has time. */
const FRESH_LIMIT_MS = 5000;
/** With all that was not acknowledged meanwhile, which publishers send again. */
const LIVE_LIMIT_MS = 30_000;

/** Issue 16: `failover.test.ts` for a Redis Cluster. */
it.runIf(STORE_KIND === 'cluster' && hasRedisServer())(
  'goes over to the replica of one of the primaries, tells its rooms what was lost, and no other room anything',
  { timeout: TIMEOUT_MS },
  async () => {
    await using redis = await RedisNodes.start(SERVERS);
    const processes = redis.all.map(({ process }) => process);
    await using system = await System.start({ stores: Stores.at(processes, true) });
    using run = new Run(system);
    run.spread(ROOMS, MEMBERS_PER_ROOM);
    for (const at of system.nodes) run.publisher({ rooms: ROOMS, rate: RATE / system.nodes.length, at });
    await run.untilJoined();
    for (const publisher of run.publishers) publisher.start();
    await run.untilWhole(LIVE_LIMIT_MS);
    await last(1000);

    const repairs: number[] = [];
    /** Acknowledged while no replica followed, with the first few behind the promotion. */
    let tail = 0;
    const slots = await redis.slotsInUse();
    for (let round = 1; round <= KILLS; round += 1) {
      const slot = slots[(5 * round) % slots.length] ?? 0;
      const old = await redis.ownerOf(slot);
      const rooms = await roomsOf(redis, old, system.prefix);
      expect(rooms.length).toBeGreaterThan(0);
      const isHit = ({ room }: Member): boolean => rooms.includes(room);
      const [hit, spared] = [run.members.filter(isHit), run.members.filter((member) => !isHit(member))];
      expect(spared.length).toBeGreaterThan(0);
      const staleBefore = new Map(run.members.map((member) => [member, member.staleCount]));
      const resetsBefore = run.judge().resets;

      const replica = await redis.detachReplica(old);
      const before = acknowledgedIn(run, rooms);
      await eventually(
        () =>
          rooms.every((room) => (acknowledgedIn(run, [room]).get(room) ?? 0) >= (before.get(room) ?? 0) + LOST_TAIL),
        { deadlineMs: LIVE_LIMIT_MS, describe: () => 'nothing is acknowledged' },
      );
      await old.process.kill();
      await redis.untilServed(slot, old);
      await redis.attachReplica(replica);
      tail += sum(acknowledgedIn(run, rooms)) - sum(before);
      repairs.push(
        await eventually(() => run.members.every(({ isFresh }) => isFresh), {
          deadlineMs: FRESH_LIMIT_MS,
          describe: () => `${String(run.members.filter(({ isFresh }) => !isFresh).length)} members are not live`,
        }),
      );
      await run.untilWhole(LIVE_LIMIT_MS);
      // It comes back where it was, and finds that another has its slots.
      await old.process.restart();
      await redis.untilWhole();
      await run.untilWhole(LIVE_LIMIT_MS);
      const staleOf = (members: readonly Member[]): readonly number[] =>
        members.map((member) => member.staleCount - (staleBefore.get(member) ?? 0));
      expect(staleOf(hit)).toEqual(hit.map(() => 1));
      expect(staleOf(spared)).toEqual(spared.map(() => 0));
      expect(run.judge().resets - resetsBefore).toBe(hit.length);
    }

    await run.stopPublishing();
    await run.untilWhole(LIVE_LIMIT_MS);
    const { unseen, ...verdict } = run.judge();
    addRow(
      `primary killed ×${String(KILLS)}`,
      { unseen, ...verdict },
      {
        repairMs: Math.max(...repairs),
        remarks: `${String(verdict.resets)} told of lost tails; behind the promotion itself`,
      },
    );
    // What was acknowledged on its way to nobody is lost with the tail, and told with it. No number is given twice (decision 76).
    const { unseen: _, ...noFaults } = NO_FAULTS;
    expect(unseen).toBeLessThanOrEqual(tail);
    expect(verdict).toMatchObject({ ...noFaults, recovered: 0, startedAfresh: 0 });
    expect(run.members.every(({ losses }) => losses === 0)).toBe(true);
  },
);

/** Those of which a server keeps the messages. */
async function roomsOf(redis: RedisNodes, { process }: RedisNode, prefix: string): Promise<readonly string[]> {
  const answer = await redis.ask(process, 'KEYS', `${prefix}:*:stream/room-*`);
  return [...answer.matchAll(/:stream\/(room-\d+)/g)].map(([, room = '']) => room);
}

/** By room. */
function acknowledgedIn({ history }: Run, rooms: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map(rooms.map((room) => [room, 0]));
  for (const { room, outcome } of history.publishes) {
    const count = counts.get(room);
    if (count !== undefined && outcome.kind === 'ok') counts.set(room, count + 1);
  }
  return counts;
}

function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((total, count) => total + count, 0);
}
