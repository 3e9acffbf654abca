import { NO_FAULTS, RedisNodes, type RedisNode } from '@outcry/testkit';
import { expect, it } from 'vitest';

import { last } from '../support/eventually.ts';
import { roomNames, Run } from '../scenario/support/run.ts';
import { Stores } from '../scenario/support/stores.ts';
import { System } from '../scenario/support/system.ts';

const IS_LONG = process.env['OUTCRY_CLUSTER'] === 'long';
const ROOMS = roomNames(IS_LONG ? 500 : 60);
/** Messages a second, of all publishers together. */
const RATE = IS_LONG ? 5000 : 600;
const MEMBERS_PER_ROOM = 2;
/** Fewer than one session may be in (`OUTCRY_MAX_ROOMS`). */
const ROOMS_PER_PUBLISHER = 50;
const TEN_MINUTES_MS = 600_000;
/** What a publisher has without an answer at the most. A machine that cannot hold the rate leaves some out, and the run says how many it held. */
const MAX_PENDING_MS = 200;
/** For everybody to have what was acknowledged until a slot has arrived. */
const REPAIR_LIMIT_MS = 30_000;
/** How long the same takes while nothing moves, so many times: what of the figure is the load's own. */
const CALM_SAMPLES = 20;

/** Issue 16. */
it(
  'grows from three primaries to six while all rooms are published to: nothing is lost, doubled or stale, and nobody is cut off',
  { timeout: TEN_MINUTES_MS },
  async () => {
    await using redis = await RedisNodes.start();
    // Past the proxies, which do not know who is added.
    const stores = Stores.at([]);
    await using system = await System.start({ stores, settings: { redisUrl: redis.url } });
    using run = new Run(system);
    run.spread(ROOMS, MEMBERS_PER_ROOM);
    for (let i = 0; i < ROOMS.length; i += ROOMS_PER_PUBLISHER) {
      const rooms = ROOMS.slice(i, i + ROOMS_PER_PUBLISHER);
      const at = system.nodes[(i / ROOMS_PER_PUBLISHER) % system.nodes.length];
      const rate = (RATE * rooms.length) / ROOMS.length;
      if (at !== undefined) run.publisher({ rooms, rate, at, maxPending: (rate / 1000) * MAX_PENDING_MS });
    }
    await run.untilJoined();
    for (const publisher of run.publishers) publisher.start();
    await last(2000);
    const calm: number[] = [];
    while (calm.length < CALM_SAMPLES) calm.push(await run.untilWhole(REPAIR_LIMIT_MS));

    const old = [...redis.primaries];
    const added: RedisNode[] = [];
    for (let i = 0; i < 3; i += 1) added.push(await redis.addPrimary());
    const repairs: number[] = [];
    const began = { at: performance.now(), acknowledged: run.acknowledged, cpu: process.cpuUsage() };
    const slots = await redis.slotsInUse();
    // The upper half of what each has.
    for (const [i, from] of old.entries()) {
      const to = added[i];
      if (to === undefined) throw new Error('no primary was added');
      const own = slots.filter((slot) => Math.floor((slot * old.length) / 16_384) === i);
      for (const slot of own.slice(Math.floor(own.length / 2))) {
        await redis.moveSlot(slot, to);
        expect((await redis.ownerOf(slot)).id).not.toBe(from.id);
        repairs.push(await run.untilWhole(REPAIR_LIMIT_MS));
      }
    }
    const seconds = (performance.now() - began.at) / 1000;
    const held = (run.acknowledged - began.acknowledged) / seconds;
    const { user, system: kernel } = process.cpuUsage(began.cpu);
    await last(2000);
    await run.stopPublishing();
    await run.untilWhole(REPAIR_LIMIT_MS);

    const verdict = run.judge();
    expect(repairs.length).toBeGreaterThan(20);
    const p99 = quantile(repairs, 0.99);
    const errors = run.publishers.flatMap(({ errorsAfterMs }) => errorsAfterMs);
    process.stdout.write(
      `${String(repairs.length)} slots moved in ${seconds.toFixed(1)} s, ${held.toFixed(0)} of ${String(RATE)} messages/s held, ` +
        `clients and checker ${((user + kernel) / 1_000_000 / seconds).toFixed(2)} of a core\n` +
        `${String(verdict.acknowledged)} acknowledged, ${String(verdict.deliveries)} delivered, ${String(errors.length)} refused and sent again\n` +
        `everybody whole behind ${String(quantile(repairs, 0.5))} ms, p99 ${String(p99)} ms; ` +
        `without a move ${String(quantile(calm, 0.5))} ms, p99 ${String(quantile(calm, 0.99))} ms\n`,
    );
    expect(verdict).toMatchObject({ ...NO_FAULTS, resets: 0, startedAfresh: 0 });
    expect(p99).toBeLessThan(1000);
    expect(run.members.filter(({ losses, staleCount }) => losses > 0 || staleCount > 0)).toEqual([]);
  },
);

function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.ceil(part * sorted.length) - 1] ?? NaN;
}
