import { NO_FAULTS, withDeadline } from '@outcry/testkit';
import { expect, it } from 'vitest';

import { eventually, last } from '../support/eventually.ts';
import type { Member } from './support/member.ts';
import { roomNames, Run } from './support/run.ts';
import { scaled, TIMEOUT_MS } from './support/scale.ts';
import { System, type SystemNode } from './support/system.ts';
import { addRow } from './support/table.ts';

const ROOMS = roomNames(scaled({ short: 2, long: 5 }));
/** On the gateway that is lost, in each room; half as many are at each of the others. */
const MEMBERS = scaled({ short: 50, long: 200 });
const RATE = 40;
/** From the loss of a gateway, or its return, until all others show the same members. */
const AGREE_LIMIT_MS = 10_000;
/** After the loss nobody may show a ghost from here on. */
const GHOST_LIMIT_MS = 20_000;
const STEADY_MS = scaled({ short: 2000, long: GHOST_LIMIT_MS });
const ANSWER_DEADLINE_MS = 5000;

async function gather(system: System, lost: SystemNode): Promise<Run> {
  const run = new Run(system);
  for (const room of ROOMS) {
    for (const at of system.nodes) {
      const count = at === lost ? MEMBERS : MEMBERS / 2;
      for (let i = 0; i < count; i++) run.member({ room, at, wantsPresence: at !== lost && i === 0 });
    }
  }
  run.publisher({ rooms: ROOMS, rate: RATE, at: system.node('a') });
  await run.untilJoined();
  await untilShown(run.members, run.members);
  for (const publisher of run.publishers) publisher.start();
  return run;
}

it(
  'loses the members of a killed gateway within 10 s, and only those who are gone',
  { timeout: TIMEOUT_MS },
  async () => {
    await using system = await System.start();
    const lost = system.node('b');
    using run = await gather(system, lost);
    const witnesses = run.members.filter(({ node }) => node !== lost.id);
    const orphans = run.members.filter(({ node }) => node === lost.id);
    const gone = orphans.filter((_, i) => i % 2 === 0);
    const returning = orphans.filter((_, i) => i % 2 === 1);

    lost.gateway.process.kill();
    for (const member of gone) member.leave();
    for (const member of returning) member.goTo(run.random.pick([system.node('a'), system.node('c')]).gateway.url);
    const present = [...witnesses, ...returning];
    const repairMs = await untilShown(present, witnesses);
    await last(STEADY_MS);
    expect(await shownBy(witnesses)).toEqual(usersOf(present));

    await run.stopPublishing();
    await run.untilWhole(AGREE_LIMIT_MS);
    const verdict = run.judge();
    addRow('gateway killed', verdict, {
      repairMs,
      remarks: `${String(gone.length)} of ${String(run.members.length)} gone`,
    });
    expect(verdict).toMatchObject({ ...NO_FAULTS, startedAfresh: 0, resets: 0, examples: [] });
    expect(verdict.recovered).toBe(returning.length);
    for (const watcher of run.members.filter(({ wantsPresence }) => wantsPresence)) {
      const left = watcher.memberChanges.filter((change) => change.startsWith('left'));
      expect(left.sort()).toEqual(
        gone
          .filter(({ room }) => room === watcher.room)
          .map(({ user }) => `left ${user}`)
          .sort(),
      );
    }
  },
);

it('shows the members of a frozen gateway again when it wakes', { timeout: TIMEOUT_MS }, async () => {
  await using system = await System.start();
  const frozen = system.node('b');
  using run = await gather(system, frozen);
  const witnesses = run.members.filter(({ node }) => node !== frozen.id);

  frozen.gateway.process.freeze();
  const noticeMs = await untilShown(witnesses, witnesses);
  await last(STEADY_MS);
  frozen.gateway.process.thaw();
  const repairMs = await untilShown(run.members, run.members);
  await last(STEADY_MS);
  expect(await shownBy(run.members)).toEqual(usersOf(run.members));

  await run.stopPublishing();
  await run.untilWhole(AGREE_LIMIT_MS);
  const verdict = run.judge();
  const remarks = `members gone after ${(noticeMs / 1000).toFixed(1)} s`;
  addRow('gateway frozen', verdict, { repairMs, remarks });
  expect(verdict).toMatchObject({ ...NO_FAULTS, recovered: 0, startedAfresh: 0, resets: 0, examples: [] });
  expect(run.members.every(({ losses }) => losses === 0)).toBe(true);
});

/** The users of each room, with the gateways that are asked: the same from each, or the value says how they differ. */
type Shown = Readonly<Record<string, readonly string[]>>;

function usersOf(members: readonly Member[]): Shown {
  const rooms = ROOMS.map((room) => [
    room,
    members
      .filter((member) => member.room === room)
      .map(({ user }) => user)
      .sort(),
  ]);
  return Object.fromEntries(rooms) as Shown;
}

/** Resolves when every gateway that the asked are at shows exactly these members, with how long that took. */
function untilShown(members: readonly Member[], asked: readonly Member[]): Promise<number> {
  const wanted = JSON.stringify(usersOf(members));
  let shown = '';
  return eventually(
    async () => {
      shown = JSON.stringify(await shownBy(asked).catch((error: unknown) => String(error)));
      return shown === wanted;
    },
    { deadlineMs: AGREE_LIMIT_MS, describe: () => `the gateways show ${shown}\nand not ${wanted}` },
  );
}

/** Asks each gateway for the members of each room. */
async function shownBy(asked: readonly Member[]): Promise<Shown> {
  const nodes = new Set(asked.map(({ node }) => node));
  const rooms = ROOMS.map(async (room) => {
    const answers = await Promise.all(
      [...nodes].map((node) => listFrom(asked.find((member) => member.node === node && member.room === room))),
    );
    const [first = [], ...others] = answers;
    const differing = others.find((other) => JSON.stringify(other) !== JSON.stringify(first));
    if (differing !== undefined) throw new Error(`${room}: ${first.join()} here, ${differing.join()} there`);
    return [room, first];
  });
  return Object.fromEntries(await Promise.all(rooms)) as Shown;
}

async function listFrom(member: Member | undefined): Promise<readonly string[]> {
  if (member === undefined) throw new Error('nobody to ask');
  const answer = await withDeadline(member.ask('members'), {
    deadlineMs: ANSWER_DEADLINE_MS,
    describe: () => `${member.node} does not answer`,
  });
  if (answer.type !== 'ack') throw new Error(`${member.node} answers ${JSON.stringify(answer)}`);
  const users = (answer.members ?? []).map(({ user }) => user);
  // Publishers are members, too, but not what this is about.
  return users.filter((user) => user.startsWith('user-')).sort();
}
