import { NO_FAULTS } from '@outcry/testkit';
import { expect, it } from 'vitest';

import { eventually, last } from '../support/eventually.ts';
import type { Member } from './support/member.ts';
import { Run } from './support/run.ts';
import { scaled, TIMEOUT_MS } from './support/scale.ts';
import { System } from './support/system.ts';
import { addRow } from './support/table.ts';

const ROOM = 'rush';
const RATE = 500;
const JOINS = scaled({ short: 300, long: 10_000 });
const MEMBERS = 10;
const MAX_DELAY_MS = 50;
const DEADLINE_MS = 10_000;

it(
  'leaves no hole and no repeat between history and live, at 500 messages a second',
  { timeout: TIMEOUT_MS },
  async () => {
    await using system = await System.start({ settings: { historyCount: 5000 } });
    using run = new Run(system);
    const at = system.node('b');
    for (let i = 0; i < MEMBERS; i++) run.member({ room: ROOM, at });
    // Elsewhere, so that publishes are not delayed: history reads are late, and what is live is not.
    run.publisher({ rooms: [ROOM], rate: RATE, at: system.node('a') });
    await run.untilJoined();
    const delayMs = (): number => run.random.between(0, MAX_DELAY_MS);
    at.proxy.inflict({ toClient: { delayMs }, saying: ':commands' });
    for (const publisher of run.publishers) publisher.start();

    await Promise.all(run.members.map((member) => joinAgainAndAgain(member, run)));
    await run.stopPublishing();
    await run.untilWhole(DEADLINE_MS);

    const verdict = run.judge();
    addRow('joins at 500 messages/s', verdict, { remarks: `${String(verdict.recovered)} joins` });
    expect(verdict).toMatchObject({ ...NO_FAULTS, startedAfresh: 0, resets: 0, examples: [] });
    expect(verdict.recovered).toBe(JOINS);
    expect(run.members.every(({ losses }) => losses === 0)).toBe(true);
  },
);

/** Half of the joins come over a new connection, half over the one there is. */
async function joinAgainAndAgain(member: Member, { random }: Run): Promise<void> {
  for (let join = 0; join < JOINS / MEMBERS; join++) {
    await last(random.between(0, MAX_DELAY_MS));
    if (join % 2 === 0) {
      member.cut();
      member.comeBack();
    } else {
      member.rejoin();
    }
    await eventually(() => member.isFresh, {
      deadlineMs: DEADLINE_MS,
      describe: () => `${member.user} cannot join`,
    });
  }
}
