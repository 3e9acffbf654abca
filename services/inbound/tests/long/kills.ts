import { setTimeout as delay } from 'node:timers/promises';

import { type InboundProcess, type InboundSettings, startInbound, TestDatabase, uniquePrefix } from '@outcry/testkit';
import type pg from 'pg';

import { Listener } from '../support/listener.ts';
import type { Place, Row } from './row.ts';

const WRITERS = 8;
const KILLS = 10;
const MAX_ROWS_OF_TRANSACTION = 20;
/** Every so many transactions is rolled back. */
const ROLLED_BACK = 10;
const ROOMS = Array.from({ length: 32 }, (_, i) => `room-${String(i)}`);
const POLL_MS = 50;
const END_DEADLINE_MS = 600_000;

/** Notes in which order rows were numbered: those of a transaction that is rolled back are not in it, either. */
const WITNESS = `
CREATE UNLOGGED TABLE public.witness (position bigint PRIMARY KEY, room text NOT NULL, data jsonb NOT NULL);
CREATE FUNCTION public.note() RETURNS trigger LANGUAGE plpgsql AS
  'BEGIN INSERT INTO public.witness VALUES (NEW.position, NEW.room, NEW.data); RETURN NULL; END';
CREATE TRIGGER note AFTER UPDATE OF position ON outcry.outbox FOR EACH ROW EXECUTE FUNCTION public.note();
`;

/** Rows of concurrent writers, rollbacks among them, while the service is killed again and again. */
export async function surviveKills({ redis, postgres, rows }: Place & { rows: number }): Promise<Row[]> {
  const redisPrefix = uniquePrefix();
  const database = await TestDatabase.create(postgres);
  const listener = await Listener.join(redis.url, redisPrefix, ROOMS);
  const settings = { redisUrl: redis.url, redisPrefix, postgresUrl: database.urlOf() };
  const services: InboundProcess[] = [await startInbound(settings)];
  try {
    const admin = await database.connect();
    await admin.query(WITNESS);
    const writing = Promise.all(
      Array.from({ length: WRITERS }, async (_, writer) => write(await database.connect(), writer, rows / WRITERS)),
    );
    await killAgainAndAgain({ listener, services, settings, rows });
    const rolledBack = (await writing).reduce((sum, count) => sum + count, 0);
    const expected = await readWitness(admin);
    const committed = [...expected.values()].reduce((sum, room) => sum + room.length, 0);
    const startedAt = performance.now();
    while (listener.heard.length < committed && performance.now() - startedAt < END_DEADLINE_MS) await delay(POLL_MS);
    return judge({ listener, expected, committed, rolledBack });
  } finally {
    await Promise.all(services.map((service) => service[Symbol.asyncDispose]()));
    await listener[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  }
}

/** Resolves with how many rows were rolled back. */
async function write(client: pg.ClientBase, writer: number, rows: number): Promise<number> {
  let rolledBack = 0;
  for (let n = 0, transaction = 0; n < rows; transaction++) {
    const size = Math.min(1 + Math.floor(Math.random() * MAX_ROWS_OF_TRANSACTION), rows - n);
    await client.query('BEGIN');
    for (const end = n + size; n < end; n++) {
      const room = ROOMS[Math.floor(Math.random() * ROOMS.length)];
      await client.query('SELECT outcry.publish($1, $2)', [room, JSON.stringify([writer, n])]);
    }
    const isRolledBack = transaction % ROLLED_BACK === ROLLED_BACK - 1;
    if (isRolledBack) rolledBack += size;
    await client.query(isRolledBack ? 'ROLLBACK' : 'COMMIT');
  }
  return rolledBack;
}

/** In equal parts of what is to be heard. */
async function killAgainAndAgain({
  listener,
  services,
  settings,
  rows,
}: {
  listener: Listener;
  services: InboundProcess[];
  settings: InboundSettings;
  rows: number;
}): Promise<void> {
  const step = (rows * (1 - 2 / ROLLED_BACK)) / (KILLS + 1);
  for (let kill = 1; kill <= KILLS; kill++) {
    while (listener.heard.length < kill * step) await delay(1);
    services.at(-1)?.process.kill();
    await services.at(-1)?.process.exited;
    services.push(await startInbound(settings));
  }
}

async function readWitness(admin: pg.ClientBase): Promise<ReadonlyMap<string, readonly string[]>> {
  const { rows } = await admin.query<{ readonly room: string; readonly data: unknown }>(
    'SELECT room, data FROM public.witness ORDER BY position',
  );
  return new Map(
    ROOMS.map((room) => [room, rows.filter((row) => row.room === room).map(({ data }) => JSON.stringify(data))]),
  );
}

function judge({
  listener,
  expected,
  committed,
  rolledBack,
}: {
  listener: Listener;
  expected: ReadonlyMap<string, readonly string[]>;
  committed: number;
  rolledBack: number;
}): Row[] {
  let lost = 0;
  let doubled = 0;
  let uncommitted = 0;
  let outOfOrder = 0;
  for (const [room, wanted] of expected) {
    const heard = listener.dataOf(room).map((data) => JSON.stringify(data));
    const places = new Map(wanted.map((data, place) => [data, place]));
    const distinct = new Set(heard);
    lost += wanted.filter((data) => !distinct.has(data)).length;
    doubled += heard.length - distinct.size;
    uncommitted += [...distinct].filter((data) => !places.has(data)).length;
    const order = [...distinct].map((data) => places.get(data) ?? -1);
    outOfOrder += order.filter((place, i) => place < (order[i - 1] ?? -1)).length;
  }
  const all = `${String(committed)} committed by ${String(WRITERS)}, ${String(KILLS)} × kill -9`;
  const none = (what: string, count: number): Row => ({ what, bar: '0', found: String(count), holds: count === 0 });
  return [
    {
      what: all,
      bar: '–',
      found: `${String(listener.heard.length)} heard`,
      holds: listener.heard.length === committed,
    },
    none('lost', lost),
    none('twice', doubled),
    none(`heard of ${String(rolledBack)} rolled back`, uncommitted),
    none('out of the order of commits in its room', outOfOrder),
  ];
}
