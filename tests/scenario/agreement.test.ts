import { NO_FAULTS } from '@outcry/testkit';
import { expect, it } from 'vitest';

import { eventually } from '../support/eventually.ts';
import { roomNames, Run } from './support/run.ts';
import { scaled, TIMEOUT_MS } from './support/scale.ts';
import { System } from './support/system.ts';
import { addRow } from './support/table.ts';

const DELIVERIES = scaled({ short: 100_000, long: 1_000_000 });
const ROOMS = roomNames(5);
const MEMBERS_PER_ROOM = 18;
const RATE = 1500;
/**
 * What publishers have without an answer at the most: a busy machine is slower, and no more than that. With all that was due, clients
 * that try again had no time left for the proxies that stand in the same process, so no gateway was answered by Redis any more.
 */
const MAX_PENDING_MS = 200;

it('gives every member on every gateway the same, in one order', { timeout: TIMEOUT_MS }, async () => {
  await using system = await System.start();
  using run = new Run(system);
  run.spread(ROOMS, MEMBERS_PER_ROOM);
  const rate = RATE / system.nodes.length;
  for (const at of system.nodes) {
    run.publisher({ rooms: ROOMS, rate, at, maxPending: (rate / 1000) * MAX_PENDING_MS });
  }
  await run.untilJoined();

  for (const publisher of run.publishers) publisher.start();
  const wanted = DELIVERIES / MEMBERS_PER_ROOM;
  await eventually(() => run.history.publishes.length >= wanted, {
    deadlineMs: TIMEOUT_MS,
    describe: () => `${String(run.history.publishes.length)} of ${String(wanted)} messages are published`,
  });
  await run.stopPublishing();
  await run.untilWhole(10_000);

  const verdict = run.judge();
  addRow('none', verdict);
  expect(verdict).toMatchObject({ ...NO_FAULTS, recovered: 0, startedAfresh: 0, resets: 0, examples: [] });
  expect(verdict.deliveries).toBeGreaterThanOrEqual(DELIVERIES);
  expect(Object.keys(verdict.deliveriesByNode).sort()).toEqual(['a', 'b', 'c']);
  expect(run.members.every(({ losses }) => losses === 0)).toBe(true);
});
