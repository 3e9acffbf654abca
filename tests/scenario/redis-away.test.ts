import { hasRedisServer, NO_FAULTS } from '@outcry/testkit';
import { expect, it } from 'vitest';

import { last } from '../support/eventually.ts';
import { roomNames, Run } from './support/run.ts';
import { scaled, TIMEOUT_MS } from './support/scale.ts';
import { KillableStores } from './support/stores.ts';
import { memoryOf, readiness, System } from './support/system.ts';
import { addRow } from './support/table.ts';

const ROOMS = roomNames(6);
const MEMBERS_PER_ROOM = 6;
const RATE = 120;
const AWAY_MS = scaled({ short: 15_000, long: 300_000 });
const ERROR_LIMIT_MS = 2000;
const LIVE_LIMIT_MS = 10_000;
/** What a gateway may weigh more while it waits for Redis than before: far less than an unbounded queue would. */
const MAX_GROWTH_MIB = 64;

it.runIf(hasRedisServer())(
  'outlives a Redis that is away: errors in time, bounded memory, live again',
  { timeout: TIMEOUT_MS },
  async () => {
    await using stores = await KillableStores.startKillable({ isPersistent: true });
    await using system = await System.start({ stores });
    using run = new Run(system);
    run.spread(ROOMS, MEMBERS_PER_ROOM);
    for (const at of system.nodes) {
      run.publisher({ rooms: ROOMS, rate: RATE / system.nodes.length, at, attempts: 1 });
    }
    await run.untilJoined();
    for (const publisher of run.publishers) publisher.start();
    await last(1000);

    const before = await memoryOf(system);
    // First nobody answers, then nobody is there.
    for (const { proxy } of system.nodes) proxy.freeze();
    await last(AWAY_MS / 2);
    for (const { proxy } of system.nodes) proxy.thaw();
    await stores.kill();
    await last(AWAY_MS / 2);
    expect(await Promise.all(system.nodes.map(readiness))).toEqual([503, 503, 503]);
    const after = await memoryOf(system);
    const answers = run.publishers.flatMap(({ errorsAfterMs }) => errorsAfterMs);
    await stores.restart();
    const repairMs = await run.untilWhole(LIVE_LIMIT_MS);
    await system.untilReady(LIVE_LIMIT_MS - repairMs);

    await last(500);
    await run.stopPublishing();
    await run.untilWhole(LIVE_LIMIT_MS);
    const verdict = run.judge();
    const slowest = Math.max(...answers);
    const memory = before.map((mib, i) => `${String(mib)}→${String(after[i])}`).join(', ');
    addRow(`Redis away ${String(AWAY_MS / 1000)} s`, verdict, {
      repairMs,
      remarks: `slowest error ${(slowest / 1000).toFixed(1)} s; RSS in MiB ${memory}`,
    });
    expect(verdict).toMatchObject({ ...NO_FAULTS, recovered: 0, startedAfresh: 0, resets: 0, examples: [] });
    expect(run.members.every(({ losses }) => losses === 0)).toBe(true);
    expect(answers.length).toBeGreaterThan((RATE * AWAY_MS) / 1000 / 2);
    expect(slowest).toBeLessThan(ERROR_LIMIT_MS);
    expect(run.publishers.flatMap(({ errorCodes }) => [...errorCodes])).toEqual(
      run.publishers.map(() => 'unavailable'),
    );
    before.forEach((mib, i) => {
      expect(after[i]).toBeLessThan(mib + MAX_GROWTH_MIB);
    });
  },
);
