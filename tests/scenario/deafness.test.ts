import { createPubSubFilter, NO_FAULTS, type ProxyFaults } from '@outcry/testkit';
import { expect, it } from 'vitest';

import { eventually, last } from '../support/eventually.ts';
import { roomNames, Run } from './support/run.ts';
import { scaled, TIMEOUT_MS } from './support/scale.ts';
import { readiness, System } from './support/system.ts';
import { addRow } from './support/table.ts';

const ROOMS = roomNames(4);
const MEMBERS_PER_ROOM = 3;
const RATE = 80;
/** From the fault until the node and its clients know. */
const NOTICE_LIMIT_MS = 6000;
const REPAIR_LIMIT_MS = 10_000;
const AFTERWARDS_MS = scaled({ short: 1500, long: 20_000 });

const FAULTS: readonly (readonly [string, ProxyFaults])[] = [
  ['black-holed connections', { toServer: { isLost: true }, toClient: { isLost: true } }],
  ['deaf subscriber', { toClient: { createFilter: createPubSubFilter }, saying: ':subscriber' }],
];

it.each(FAULTS)('says within 6 s that it does not hear: %s', { timeout: TIMEOUT_MS }, async (fault, faults) => {
  await using system = await System.start();
  using run = new Run(system);
  run.spread(ROOMS, MEMBERS_PER_ROOM);
  run.publisher({ rooms: ROOMS, rate: RATE, at: system.node('a') });
  await run.untilJoined();
  for (const publisher of run.publishers) publisher.start();
  await last(run.random.between(0, 3000));

  const deaf = system.node('b');
  const deafened = run.members.filter(({ node }) => node === 'b');
  expect(deafened).toHaveLength(ROOMS.length);
  deaf.proxy.inflict(faults);
  const noticeMs = await eventually(
    async () => deafened.every(({ isFresh }) => !isFresh) && (await readiness(deaf)) === 503,
    { deadlineMs: NOTICE_LIMIT_MS, describe: () => 'the node and its clients do not know that it is deaf' },
  );
  await last(AFTERWARDS_MS);
  // Deaf, and never for a moment taken for whole.
  expect(deafened.map(({ staleCount }) => staleCount)).toEqual(deafened.map(() => 1));
  expect(await readiness(deaf)).toBe(503);

  deaf.proxy.heal();
  const repairMs = await run.untilWhole(REPAIR_LIMIT_MS);
  expect(await system.untilReady()).toBeLessThan(REPAIR_LIMIT_MS);
  await run.stopPublishing();
  await run.untilWhole(REPAIR_LIMIT_MS);

  const verdict = run.judge();
  addRow(fault, verdict, { repairMs, remarks: `noticed after ${(noticeMs / 1000).toFixed(1)} s` });
  expect(verdict).toMatchObject({ ...NO_FAULTS, recovered: 0, startedAfresh: 0, resets: 0, examples: [] });
  expect(run.members.every(({ losses }) => losses === 0)).toBe(true);
});
