import { hasRedisServer, NO_FAULTS } from '@outcry/testkit';
import { expect, it } from 'vitest';

import { last } from '../support/eventually.ts';
import type { Publisher } from './support/publisher.ts';
import { roomNames, Run } from './support/run.ts';
import { IS_LONG, scaled, TIMEOUT_MS } from './support/scale.ts';
import { KillableStores, STORE_KIND } from './support/stores.ts';
import { memoryOf, readiness, System } from './support/system.ts';
import { addRow } from './support/table.ts';

const ROOMS = roomNames(16);
const MEMBERS_PER_ROOM = 3;
/** Messages a second, of all rooms of the server that is lost, and as many of all others. */
const RATE = 120;
const AWAY_MS = scaled({ short: 15_000, long: 300_000 });
/** By which what others notice is judged. */
const QUIET_MS = scaled({ short: 3000, long: 60_000 });
const ERROR_LIMIT_MS = 2000;
const LIVE_LIMIT_MS = 10_000;
/** What an acknowledgement may take in the other rooms, of what it took before. */
const MAX_SLOWER = 1.2;
/** What a gateway may weigh more behind it than before: far less than an unbounded queue would. */
const MAX_GROWTH_MIB = 64;
const HELD = { toServer: { isHeld: true }, toClient: { isHeld: true } };

/** Issue 16. */
it.runIf(STORE_KIND !== 'one' && hasRedisServer())(
  'outlives one server of several that is away: its rooms are told and refused in time, and no other room notices',
  { timeout: TIMEOUT_MS },
  async () => {
    await using stores = await KillableStores.startKillable({ isPersistent: true });
    await using system = await System.start({ stores });
    using run = new Run(system);
    run.spread(ROOMS, MEMBERS_PER_ROOM);
    await run.untilJoined();
    const { server, rooms } = await pickServer(system);
    const others = ROOMS.filter((room) => !rooms.includes(room));
    const [ofLost, ofOthers] = [rooms, others].map((some) =>
      system.nodes.map((at) => run.publisher({ rooms: some, rate: RATE / system.nodes.length, at, attempts: 1 })),
    ) as [Publisher[], Publisher[]];
    await run.untilJoined();
    for (const publisher of run.publishers) publisher.start();
    await last(QUIET_MS);

    const memoryBefore = await memoryOf(system);
    const quiet = takeP99(ofOthers);
    // First nobody answers, then nobody is there.
    for (const { proxy } of system.nodes) proxy.inflict(HELD, server);
    await last(AWAY_MS / 2);
    await stores.processes[server]?.kill();
    for (const { proxy } of system.nodes) proxy.heal();
    await last(AWAY_MS / 2);
    expect(await Promise.all(system.nodes.map(readiness))).toEqual([200, 200, 200]);
    const memoryAfter = await memoryOf(system);
    const away = takeP99(ofOthers);
    const answers = ofLost.flatMap(({ errorsAfterMs }) => errorsAfterMs);
    await stores.processes[server]?.restart();
    const repairMs = await run.untilWhole(LIVE_LIMIT_MS);

    await last(500);
    await run.stopPublishing();
    await run.untilWhole(LIVE_LIMIT_MS);
    const verdict = run.judge();
    const slowest = Math.max(...answers);
    const weights = memoryBefore.map((mib, i) => `${String(mib)}→${String(memoryAfter[i])}`).join(', ');
    addRow(`one of ${String(stores.addresses.length)} servers away ${String(AWAY_MS / 1000)} s`, verdict, {
      repairMs,
      remarks:
        `${String(rooms.length)} of ${String(ROOMS.length)} rooms; slowest error ${(slowest / 1000).toFixed(1)} s; ` +
        `p99 of others ${quiet.toFixed(1)}→${away.toFixed(1)} ms; RSS in MiB ${weights}`,
    });
    expect(verdict).toMatchObject({ ...NO_FAULTS, recovered: 0, startedAfresh: 0, resets: 0, examples: [] });
    const staleOf = (isMeant: (room: string) => boolean): ReadonlySet<number> =>
      new Set(run.members.filter(({ room }) => isMeant(room)).map(({ staleCount }) => staleCount));
    expect([...staleOf((room) => rooms.includes(room))]).toEqual([1]);
    expect([...staleOf((room) => others.includes(room))]).toEqual([0]);
    expect(run.members.every(({ losses }) => losses === 0)).toBe(true);
    expect(answers.length).toBeGreaterThan((RATE * AWAY_MS) / 1000 / 2);
    expect(slowest).toBeLessThan(ERROR_LIMIT_MS);
    expect(ofLost.flatMap(({ errorCodes }) => [...errorCodes])).toEqual(ofLost.map(() => 'unavailable'));
    expect(ofOthers.flatMap(({ errorsAfterMs }) => errorsAfterMs)).toEqual([]);
    memoryBefore.forEach((mib, i) => {
      expect(memoryAfter[i]).toBeLessThan(mib + MAX_GROWTH_MIB);
    });
    // Of the short size three seconds are too few to judge by.
    if (IS_LONG) expect(away / quiet).toBeLessThan(MAX_SLOWER);
  },
);

/** One that has some rooms, and not the one without which no session begins. */
async function pickServer(system: System): Promise<{ readonly server: number; readonly rooms: readonly string[] }> {
  const keys = await system.admin((redis) => redis.keys(`${system.prefix}:*:meta/*`));
  const rooms = keys.map((names) => names.map((name) => name.slice(name.indexOf('meta/') + 'meta/'.length)));
  const server = rooms.findIndex((names) => names.some((name) => ROOMS.includes(name)) && !names.includes('@all'));
  if (server === -1) throw new Error('no server has rooms and not the one that everybody is in');
  return { server, rooms: (rooms[server] ?? []).filter((name) => ROOMS.includes(name)) };
}

/** Of what was acknowledged since the last time. */
function takeP99(publishers: readonly Publisher[]): number {
  const all = publishers.flatMap(({ acksAfterMs }) => acksAfterMs.splice(0)).sort((one, other) => one - other);
  return all[Math.ceil(0.99 * all.length) - 1] ?? Infinity;
}
