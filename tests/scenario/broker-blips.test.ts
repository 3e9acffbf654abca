import { hasRedisServer, NO_FAULTS } from '@outcry/testkit';
import { expect, it } from 'vitest';

import { eventually, last } from '../support/eventually.ts';
import { roomNames, Run } from './support/run.ts';
import { scaled, TIMEOUT_MS } from './support/scale.ts';
import { KillableStores } from './support/stores.ts';
import { System } from './support/system.ts';
import { addRow } from './support/table.ts';

const ROOMS = roomNames(6);
const MEMBERS_PER_ROOM = 6;
const RATE = 120;
const PARTITION_MS = scaled({ short: 6000, long: 20_000 });
const BLIPS = scaled({ short: 3, long: 20 });
/** From the return of Redis until everybody is whole. */
const REPAIR_LIMIT_MS = 5000;

async function startRun(system: System): Promise<Run> {
  const run = new Run(system);
  run.spread(ROOMS, MEMBERS_PER_ROOM);
  for (const at of system.nodes) run.publisher({ rooms: ROOMS, rate: RATE / system.nodes.length, at });
  await run.untilJoined();
  for (const publisher of run.publishers) publisher.start();
  return run;
}

/** Everybody is whole within the limit, on the connection that they had. */
async function expectRepaired(run: Run): Promise<number> {
  const repairMs = await run.untilWhole(REPAIR_LIMIT_MS);
  expect(run.members.filter(({ losses }) => losses > 0)).toEqual([]);
  return repairMs;
}

async function expectNothingLost(run: Run, fault: string, repairMs: number): Promise<void> {
  await last(500);
  await run.stopPublishing();
  await run.untilWhole(REPAIR_LIMIT_MS);
  const verdict = run.judge();
  addRow(fault, verdict, { repairMs });
  expect(verdict).toMatchObject({ ...NO_FAULTS, recovered: 0, startedAfresh: 0, resets: 0, examples: [] });
}

it('loses nothing when Redis kills its subscribers', { timeout: TIMEOUT_MS }, async () => {
  await using system = await System.start();
  using run = await startRun(system);
  const repairs: number[] = [];
  for (let blip = 0; blip < BLIPS; blip++) {
    await last(run.random.between(200, 800));
    await system.admin((redis) => redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub'));
    await eventually(() => run.members.some(({ isFresh }) => !isFresh), {
      deadlineMs: REPAIR_LIMIT_MS,
      describe: () => 'nobody has noticed',
    });
    repairs.push(await expectRepaired(run));
  }
  await expectNothingLost(run, 'CLIENT KILL TYPE pubsub', Math.max(...repairs));
});

it.runIf(hasRedisServer())(
  'loses nothing when Redis is killed and starts again from its log',
  { timeout: TIMEOUT_MS },
  async () => {
    await using stores = await KillableStores.startKillable({ isPersistent: true });
    await using system = await System.start({ stores });
    using run = await startRun(system);
    const repairs: number[] = [];
    for (let blip = 0; blip < BLIPS; blip++) {
      await last(run.random.between(500, 1500));
      const server = run.random.pick(stores.processes);
      await server.kill();
      await last(run.random.between(200, 1500));
      await server.restart();
      repairs.push(await expectRepaired(run));
    }
    await expectNothingLost(run, 'Redis killed, AOF', Math.max(...repairs));
  },
);

it('loses nothing in a partition between a gateway and Redis', { timeout: TIMEOUT_MS }, async () => {
  await using system = await System.start({ settings: { historyCount: 5000 } });
  using run = await startRun(system);
  await last(500);
  const { proxy } = system.node('b');
  proxy.freeze();
  await last(PARTITION_MS);
  proxy.thaw();
  const repairMs = await expectRepaired(run);
  await expectNothingLost(run, `partition of ${String(PARTITION_MS / 1000)} s`, repairMs);
});
