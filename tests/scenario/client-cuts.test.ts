import { NO_FAULTS } from '@outcry/testkit';
import { expect, it } from 'vitest';

import { last } from '../support/eventually.ts';
import type { Member } from './support/member.ts';
import { roomNames, Run } from './support/run.ts';
import { scaled, TIMEOUT_MS } from './support/scale.ts';
import { System } from './support/system.ts';
import { addRow } from './support/table.ts';

type Span = readonly [low: number, high: number];

const ROOMS = roomNames(scaled({ short: 10, long: 50 }));
const MEMBERS_PER_ROOM = 4;
const RATE_PER_ROOM = scaled({ short: 30, long: 50 });
const LASTS_MS = scaled({ short: 12_000, long: 180_000 });
const AWAY_MS = scaled<Span>({ short: [200, 2000], long: [1000, 30_000] });
const AT_HOME_MS = scaled<Span>({ short: [500, 3000], long: [2000, 20_000] });
/** Of a history that lasts longer than anybody is away. */
const SETTINGS = { historyCount: 5000, historyMs: 120_000 };
const BACK_DEADLINE_MS = 10_000;

it('gives clients that are cut again and again every message once', { timeout: TIMEOUT_MS }, async () => {
  await using system = await System.start({ settings: SETTINGS });
  using run = new Run(system);
  for (const room of ROOMS) for (let i = 0; i < MEMBERS_PER_ROOM; i++) run.member({ room });
  for (const at of system.nodes) run.publisher({ rooms: ROOMS, rate: (ROOMS.length * RATE_PER_ROOM) / 3, at });
  await run.untilJoined();

  for (const publisher of run.publishers) publisher.start();
  const endAt = performance.now() + LASTS_MS;
  const cuts = await Promise.all(run.members.map((member) => cutAgainAndAgain(member, run, endAt)));
  const cutCount = cuts.reduce((sum, count) => sum + count, 0);
  await run.stopPublishing();
  const repairMs = await run.untilWhole(BACK_DEADLINE_MS);

  const verdict = run.judge();
  addRow('clients cut', verdict, { repairMs, remarks: `${String(cutCount)} cuts` });
  expect(verdict).toMatchObject({ ...NO_FAULTS, startedAfresh: 0, resets: 0, examples: [] });
  expect(cutCount).toBeGreaterThan(run.members.length);
  // A cut client whose join had not been answered comes back without having been told anything in between.
  expect(verdict.recovered).toBeGreaterThan(cutCount / 2);
});

/** Until the time is over: at home for a while, away for a while. Ends at home. */
async function cutAgainAndAgain(member: Member, { random }: Run, endAt: number): Promise<number> {
  let cuts = 0;
  for (;;) {
    const homeMs = random.between(...AT_HOME_MS);
    const awayMs = random.between(...AWAY_MS);
    if (performance.now() + homeMs + awayMs > endAt) return cuts;
    await last(homeMs);
    member.cut();
    cuts += 1;
    await last(awayMs);
    member.comeBack();
  }
}
