import { setTimeout as delay } from 'node:timers/promises';

import { RawClient } from '@outcry/testkit';
import { Redis } from 'ioredis';

import { eventually } from '../../../support/eventually.ts';
import type { Cost, CostSite, Deed } from '../support/cost.ts';

const MIB = 1024 * 1024;

const WRITERS = 8;
/** As the one did from whom the row is; inside every rate of a connection. */
const WRITING_MS = 70_000;
const BYTES_PER_SECOND = 200_000;
const MESSAGE = 'x'.repeat(15_000);
/** The budget of a user, what comes again of it in that time, and what Redis needs to store it. */
const MOST_STORED_BYTES = 48 * MIB;

const GUESTS = 300;
const ROOMS_PER_GUEST = 3;
const MINUTE_MS = 60_000;
/** Behind a disconnection: the gateway lets go of a room after 5 s. */
const DEADLINE_MS = 60_000;

/** What a client leaves behind in Redis. */
export const STORING_COSTS: readonly Cost[] = [
  {
    name: `one user, ${String(WRITERS)} connections, direct messages to invented names for 70 s`,
    before: '115 MB: Redis full, nobody publishes',
    run: runWriters,
  },
  {
    name: `${String(GUESTS)} guests come, join ${String(ROOMS_PER_GUEST)} rooms that nobody knows, and go`,
    before: 'each name leaves a key for 24 h: 120,300 keys after 30,283 connections',
    run: runGuests,
  },
];

async function runWriters(site: CostSite): Promise<Deed> {
  const admin = new Redis(site.redis.url);
  try {
    return await writeAsOneUser(site, admin);
  } finally {
    admin.disconnect();
  }
}

async function writeAsOneUser({ gateway }: CostSite, admin: Redis): Promise<Deed> {
  const before = await usedBytesOf(admin);
  const writers = await Promise.all(
    Array.from({ length: WRITERS }, () => RawClient.connect({ url: gateway.url, encoding: 'json', token: 'mallory' })),
  );
  const until = performance.now() + WRITING_MS;
  const written = await Promise.all(writers.map((writer, i) => write(writer, `@nobody-${String(i)}`, until)));
  const stored = (await usedBytesOf(admin)) - before;
  if (stored > MOST_STORED_BYTES) throw new Error(`${String(stored)} bytes are stored`);
  const requests = written.reduce((sum, { requests: count }) => sum + count, 0);
  const refused = written.reduce((sum, { refused: count }) => sum + count, 0);
  return {
    requests,
    connections: WRITERS,
    sentBytes: requests * MESSAGE.length,
    receivedBytes: 0,
    remarks: `Redis holds ${(stored / MIB).toFixed(1)} MiB more; ${String(refused)} refused with limitReached`,
    release: () => {
      for (const { socket } of writers) socket.destroy();
    },
  };
}

/** One after the other, as fast as a connection may. */
async function write(
  writer: RawClient,
  prefix: string,
  until: number,
): Promise<{ readonly requests: number; readonly refused: number }> {
  let [requests, refused, dueAt] = [0, 0, performance.now()];
  while (performance.now() < until) {
    requests += 1;
    const room = `${prefix}-${String(requests)}`;
    const answer = await writer.request({ type: 'publish', room, data: MESSAGE });
    if (answer.type === 'error') {
      if (answer.code !== 'limitReached') throw new Error(`refused with ${answer.code}: ${answer.message}`);
      refused += 1;
    }
    // What was not sent while the machine stood still is not made good: that would be faster than a connection may.
    dueAt = Math.max(performance.now(), dueAt + (MESSAGE.length / BYTES_PER_SECOND) * 1000);
    await delay(dueAt - performance.now());
  }
  return { requests, refused };
}

async function runGuests(site: CostSite): Promise<Deed> {
  const admin = new Redis(site.redis.url);
  try {
    return await comeAndGo(site, admin);
  } finally {
    admin.disconnect();
  }
}

async function comeAndGo({ gateway }: CostSite, admin: Redis): Promise<Deed> {
  for (let i = 0; i < GUESTS; i += 1) {
    const guest = await RawClient.connect({
      url: gateway.url,
      encoding: 'json',
      token: `guest-of-the-row-${String(i)}`,
    });
    for (let room = 0; room < ROOMS_PER_GUEST; room += 1) {
      await guest.expectAnswer('joined', { type: 'join', room: `nobody-knows-${String(i)}-${String(room)}` });
    }
    await guest.close();
  }
  const most = GUESTS * (ROOMS_PER_GUEST + 1);
  let lasting: readonly string[] = [];
  await eventually(
    async () => {
      lasting = await lastingOf(admin);
      return lasting.length === 0;
    },
    { deadlineMs: DEADLINE_MS, describe: () => `${String(lasting.length)} keys last, such as ${String(lasting[0])}` },
  );
  return {
    requests: most,
    connections: GUESTS,
    sentBytes: 0,
    receivedBytes: 0,
    remarks: `of ${String(most)} names none is left that lives for more than a minute`,
  };
}

/** What is kept of the guests for longer than a minute. */
async function lastingOf(admin: Redis): Promise<readonly string[]> {
  const keys = (await admin.keys('*')).filter((key) => /guest-of-the-row|nobody-knows/.test(key));
  const ttls = await Promise.all(keys.map(async (key) => ({ key, ttl: await admin.pttl(key) })));
  return ttls.filter(({ ttl }) => ttl === -1 || ttl > MINUTE_MS).map(({ key }) => key);
}

async function usedBytesOf(admin: Redis): Promise<number> {
  return Number(/^used_memory_dataset:(\d+)/m.exec(await admin.info('memory'))?.[1]);
}
