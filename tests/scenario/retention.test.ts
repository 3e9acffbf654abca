import { hasRedisServer, NO_FAULTS } from '@outcry/testkit';
import { expect, it } from 'vitest';

import { eventually, last } from '../support/eventually.ts';
import { roomNames, Run } from './support/run.ts';
import { TIMEOUT_MS } from './support/scale.ts';
import { KillableStores } from './support/stores.ts';
import { System } from './support/system.ts';
import { addRow } from './support/table.ts';

const ROOMS = roomNames(3);
const MEMBERS_PER_ROOM = 6;
const RATE = 90;
const BACK_DEADLINE_MS = 15_000;

/** Half of the members are away for `ms`, while the others and the publishers go on. */
async function sendHalfAway(run: Run, ms: number): Promise<void> {
  const away = run.members.filter((_, i) => i % 2 === 0);
  for (const member of away) member.cut();
  await last(ms);
  for (const member of away) member.comeBack();
}

async function startRun(system: System): Promise<Run> {
  const run = new Run(system);
  run.spread(ROOMS, MEMBERS_PER_ROOM);
  // One alone, so that the order of acknowledgements is that of the messages.
  run.publisher({ rooms: ROOMS, rate: RATE });
  await run.untilJoined();
  for (const publisher of run.publishers) publisher.start();
  await eventually(() => run.members.every(({ position }) => (position?.seq ?? 0) > 10), {
    deadlineMs: 10_000,
    describe: () => 'nobody publishes',
  });
  return run;
}

it.each([
  ['time', { historyCount: 10_000, historyMs: 1000 }, 2500],
  ['count', { historyCount: 20, historyMs: 60_000 }, 2500],
])(
  'tells clients that are away past %s that they start afresh',
  { timeout: TIMEOUT_MS },
  async (bound, settings, ms) => {
    await using system = await System.start({ settings });
    using run = await startRun(system);
    await sendHalfAway(run, ms);
    await run.stopPublishing();
    const repairMs = await run.untilWhole(BACK_DEADLINE_MS);

    const verdict = run.judge();
    addRow(`away past ${bound}`, verdict, { repairMs, remarks: `${String(verdict.startedAfresh)} told` });
    expect(verdict).toMatchObject({ ...NO_FAULTS, recovered: 0, resets: 0, examples: [] });
    expect(verdict.startedAfresh).toBe(run.members.length / 2);
  },
);

it('tells everybody when Redis is flushed', { timeout: TIMEOUT_MS }, async () => {
  await using system = await System.start();
  using run = await startRun(system);
  const away = run.members.filter((_, i) => i % 2 === 0);
  for (const member of away) member.cut();
  await system.admin((redis) => redis.flushall());
  await last(1000);
  for (const member of away) member.comeBack();
  await run.stopPublishing();
  const repairMs = await run.untilWhole(BACK_DEADLINE_MS);
  expectEverybodyTold(run, 'FLUSHALL', repairMs);
});

it.runIf(hasRedisServer())(
  'tells everybody when Redis comes back without its data',
  { timeout: TIMEOUT_MS },
  async () => {
    await using stores = await KillableStores.startKillable();
    await using system = await System.start({ stores });
    using run = await startRun(system);
    await stores.kill();
    await last(1000);
    await stores.restart();
    const repairMs = await system.untilReady();
    await run.stopPublishing();
    await run.untilWhole(BACK_DEADLINE_MS);
    expect(run.members.every(({ losses }) => losses === 0)).toBe(true);
    expectEverybodyTold(run, 'Redis restarted empty', repairMs);
  },
);

/** What was acknowledged and flushed before it reached anybody is lost with its epoch, and every member has been told. */
function expectEverybodyTold(run: Run, fault: string, repairMs: number): void {
  const { unseen, ...verdict } = run.judge();
  const told = verdict.startedAfresh + verdict.resets;
  addRow(fault, { unseen, ...verdict }, { repairMs, remarks: `${String(told)} told` });
  const { unseen: _, ...noFaults } = NO_FAULTS;
  expect(verdict).toMatchObject({ ...noFaults, recovered: 0 });
  expect(told).toBeGreaterThanOrEqual(run.members.length);
}
