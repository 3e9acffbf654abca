import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

import type { TestRedis } from '@outcry/testkit';

import { Follower } from '../support/follower.ts';
import { Cluster, Victim } from './cluster.ts';
import type { Row } from './row.ts';
import { Visitor } from './visitor.ts';

const VISITORS = 24;
const ROOMS = Array.from({ length: 12 }, (_, i) => `room-${String(i)}`);
const VICTIMS = Object.values(Victim);
const MAX_AWAY_MS = 1000;
/** For which visitors wander behind a kill. */
const WANDER_MS = 500;
const POLL_MS = 50;
const SETTLE_DEADLINE_MS = 60_000;
/** A presence lease, and ten seconds. */
const AGREE_BAR_MS = 16_000;
const AGREE_DEADLINE_MS = 60_000;
const MS_PER_SECOND = 1000;

interface Outcome {
  readonly victim: Victim;
  /** Until the server knew what is true; undefined where it did not come to that. */
  readonly agreedMs: number | undefined;
}

/** Clients come and go while gateways, the sender and the operator's server are killed; between kills all have to agree. */
export async function surviveKills(
  redis: TestRedis,
  { folder, cycles }: { readonly folder: string; readonly cycles: number },
): Promise<Row[]> {
  const cluster = await Cluster.start(redis, folder);
  const follower = new Follower();
  const visitors = Array.from(
    { length: VISITORS },
    (_, i) => new Visitor(`user-${String(i)}`, { urls: () => cluster.urls, rooms: ROOMS }),
  );
  const outcomes: Outcome[] = [];
  try {
    for (let cycle = 0; cycle < cycles; cycle++) {
      const victim = VICTIMS[cycle % VICTIMS.length] ?? Victim.Gateway;
      await wanderDuring(visitors, () => cluster.replace(victim, () => delay(randomInt(MAX_AWAY_MS))));
      await untilSettled(visitors);
      const agreedMs = await untilAgreed({ cluster, follower, visitors });
      outcomes.push({ victim, agreedMs });
      process.stderr.write(
        `${String(cycle + 1)}: ${victim}, ${agreedMs === undefined ? 'no agreement' : secondsOf(agreedMs)}\n`,
      );
    }
    const isTrue = await isAsTheClusterSays(cluster, follower);
    return judge({ follower, outcomes, isTrue });
  } finally {
    await Promise.all(visitors.map((visitor) => visitor.end()));
    await cluster[Symbol.asyncDispose]();
  }
}

async function wanderDuring(visitors: readonly Visitor[], happen: () => Promise<void>): Promise<void> {
  const resting = new AbortController();
  const wandering = visitors.map((visitor) => visitor.wander(resting.signal));
  await delay(WANDER_MS);
  await happen();
  await delay(WANDER_MS);
  resting.abort();
  await Promise.all(wandering);
}

async function untilSettled(visitors: readonly Visitor[]): Promise<void> {
  const startedAt = performance.now();
  while (!visitors.every(({ isSettled }) => isSettled)) {
    if (performance.now() - startedAt > SETTLE_DEADLINE_MS) throw new Error('clients do not come back');
    await delay(POLL_MS);
  }
}

async function untilAgreed({
  cluster,
  follower,
  visitors,
}: {
  readonly cluster: Cluster;
  readonly follower: Follower;
  readonly visitors: readonly Visitor[];
}): Promise<number | undefined> {
  const startedAt = performance.now();
  for (;;) {
    for (const event of cluster.takeTold()) follower.follow(event);
    const tookMs = performance.now() - startedAt;
    if (isTrue(follower, visitors)) return tookMs;
    if (tookMs > AGREE_DEADLINE_MS) return undefined;
    await delay(POLL_MS);
  }
}

/** Whether the server knows who is where, which rooms have somebody, and who has a connection: as the visitors themselves do. */
function isTrue({ members, occupied, connections }: Follower, visitors: readonly Visitor[]): boolean {
  const areRooms = ROOMS.every((room) => {
    const users = visitors.filter(({ rooms }) => rooms.has(room)).map(({ user }) => user);
    const known = members.get(room) ?? new Set<string>();
    return (
      known.size === users.length && users.every((user) => known.has(user)) && occupied.has(room) === users.length > 0
    );
  });
  const users = [...connections.values()].sort();
  return (
    areRooms &&
    users.join() ===
      visitors
        .map(({ user }) => user)
        .sort()
        .join()
  );
}

async function isAsTheClusterSays(cluster: Cluster, { members }: Follower): Promise<boolean> {
  const asked = await Promise.all(ROOMS.map((room) => cluster.members(room)));
  return asked.every((users, i) => users.join() === [...(members.get(ROOMS[i] ?? '') ?? [])].sort().join());
}

function judge({
  follower,
  outcomes,
  isTrue: isLast,
}: {
  readonly follower: Follower;
  readonly outcomes: readonly Outcome[];
  readonly isTrue: boolean;
}): Row[] {
  const none = (what: string, count: number): Row => ({ what, bar: '0', found: String(count), holds: count === 0 });
  const rows = VICTIMS.map((victim): Row => {
    const times = outcomes.filter((outcome) => outcome.victim === victim).map(({ agreedMs = Infinity }) => agreedMs);
    const slowest = Math.max(0, ...times);
    return {
      what: `${String(times.length)} × kill -9 of ${victim}: the server knows what is true`,
      bar: `within ${secondsOf(AGREE_BAR_MS)}`,
      found: `within ${secondsOf(slowest)}`,
      holds: slowest <= AGREE_BAR_MS,
    };
  });
  const { told, doubles, faults, missing, lost } = follower;
  for (const fault of faults.slice(0, 10)) process.stderr.write(`${fault}\n`);
  const unknown = lost.filter((event) => event.lost !== null || event.undelivered > 0).length;
  return [
    ...rows,
    { what: 'and so does the server API', bar: 'the same', found: isLast ? 'the same' : 'another', holds: isLast },
    { what: 'events', bar: '–', found: String(told), holds: told > 0 },
    { what: 'told twice, under the same id', bar: '–', found: String(doubles), holds: true },
    none('transitions missing, by their numbers', missing),
    none('what cannot be: joined twice, left without having joined, two events of one id', faults.length),
    none('said to be lost', unknown),
  ];
}

function secondsOf(ms: number): string {
  return `${(ms / MS_PER_SECOND).toFixed(1)} s`;
}
