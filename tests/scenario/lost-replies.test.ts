import { NO_FAULTS } from '@outcry/testkit';
import { expect, it } from 'vitest';

import { last } from '../support/eventually.ts';
import { roomNames, Run } from './support/run.ts';
import { scaled, TIMEOUT_MS } from './support/scale.ts';
import { System } from './support/system.ts';
import { addRow } from './support/table.ts';

const ROOMS = roomNames(4);
const MEMBERS_PER_ROOM = 3;
const RATE = 120;
const FAULTS = scaled({ short: 6, long: 60 });
const DEADLINE_MS = 15_000;

it(
  'makes one message of a publish whose reply is lost, however often it is sent',
  { timeout: TIMEOUT_MS },
  async () => {
    await using system = await System.start({ settings: { historyCount: 100_000 } });
    using run = new Run(system);
    run.spread(ROOMS, MEMBERS_PER_ROOM);
    for (const at of system.nodes) run.publisher({ rooms: ROOMS, rate: RATE / system.nodes.length, at });
    await run.untilJoined();
    for (const publisher of run.publishers) publisher.start();

    for (let fault = 0; fault < FAULTS; fault++) {
      await last(run.random.between(300, 900));
      const { proxy } = run.random.pick(system.nodes);
      proxy.inflict({ toClient: { isLost: true }, saying: ':commands' });
      await last(run.random.between(50, 300));
      proxy.heal();
      proxy.dropConnections();
      await run.untilWhole(DEADLINE_MS);
    }
    await run.stopPublishing();
    const repairMs = await run.untilWhole(DEADLINE_MS);

    const retried = run.publishers.reduce((sum, { errorsAfterMs }) => sum + errorsAfterMs.length, 0);
    const verdict = run.judge();
    const keys = run.history.publishes.length;
    addRow('lost replies', verdict, { repairMs, remarks: `${String(keys)} keys, ${String(retried)} replies lost` });
    expect(verdict).toMatchObject({ ...NO_FAULTS, recovered: 0, startedAfresh: 0, resets: 0, examples: [] });
    expect(retried).toBeGreaterThan(FAULTS);
    expect(verdict.acknowledged).toBe(keys);
    expect(await storedMessages(system)).toBe(keys);
    expect(verdict.deliveries).toBe(keys * MEMBERS_PER_ROOM);
  },
);

/** Entries of all rooms' streams. */
async function storedMessages(system: System): Promise<number> {
  const counts = await system.admin(async (redis) => {
    const streams = await redis.keys(`${system.prefix}:*stream/room-*`);
    const lengths = await Promise.all(streams.map((stream) => redis.xlen(stream)));
    return lengths.reduce((sum, length) => sum + length, 0);
  });
  return counts.reduce((sum, count) => sum + count, 0);
}
