import { readFileSync } from 'node:fs';

import {
  type InboundProcess,
  type InboundSettings,
  PostgresProcess,
  readHealth,
  startInbound,
  startRedis,
  TestDatabase,
  type TestRedis,
  TraceCollector,
  uniquePrefix,
} from '@outcry/testkit';
import { migrate } from '@outcry/worker';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { MIGRATIONS } from '../../src/outbox/postgres/migrations.ts';
import { countRows, publish } from '../support/database.ts';
import { Listener } from '../support/listener.ts';

const DOCUMENT = new URL('../../../../docs/INBOUND.md', import.meta.url);
const PARTITIONS = 16;
/** Of each writer; every tenth is rolled back. */
const TRANSACTIONS = 40;
/** Not so short that a process which waits for the processor loses what it reads. */
const SHORT_LEASE = { inboundLeaseMs: 1500, inboundLeaseRenewMs: 300 };
const ROOMS = ['alpha', 'beta', 'gamma'];

let redis: TestRedis;
let postgres: PostgresProcess;
beforeAll(async () => {
  [redis, postgres] = await Promise.all([startRedis(), PostgresProcess.start()]);
});
afterAll(async () => {
  await redis.stop();
  await postgres[Symbol.asyncDispose]();
});

interface Stage extends AsyncDisposable {
  readonly database: TestDatabase;
  readonly listener: Listener;
  /** Starts one more service over the same database and cluster. */
  start(settings?: Partial<InboundSettings>): Promise<InboundProcess>;
}

async function setStage(): Promise<Stage> {
  const redisPrefix = uniquePrefix();
  const database = await TestDatabase.create(postgres);
  const listener = await Listener.join(redis.url, redisPrefix, ROOMS);
  const services: InboundProcess[] = [];
  return {
    database,
    listener,
    async start(settings = {}) {
      const service = await startInbound({
        redisUrl: redis.url,
        redisPrefix,
        postgresUrl: database.urlOf(),
        ...settings,
      });
      services.push(service);
      return service;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(services.map((service) => service[Symbol.asyncDispose]()));
      await listener[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}

async function metricOf(service: InboundProcess, name: string): Promise<number> {
  const text = await (await fetch(`${service.internalUrl}/metrics`)).text();
  const line = text.split('\n').find((other) => other.startsWith(`outcry_inbound_${name} `)) ?? '';
  return Number(line.slice(line.lastIndexOf(' ')));
}

describe('the outbox', () => {
  it('publishes what is committed, in the order of the commits, and nothing of what is rolled back', async () => {
    await using stage = await setStage();
    await using collector = await TraceCollector.start();
    const { database, listener } = stage;
    const service = await stage.start({ traceUrl: collector.url });
    const [slow, quick] = await Promise.all([database.connect(), database.connect()]);
    await slow.query('BEGIN');
    const trace = '4b'.repeat(16);
    await slow.query("SELECT set_config('outcry.traceparent', $1, true)", [`00-${trace}-${'0f'.repeat(8)}-01`]);
    await publish(slow, { room: 'alpha', data: 'begun first, committed last' });
    await slow.query('SAVEPOINT half');
    await publish(slow, { room: 'alpha', data: 'rolled back to the savepoint' });
    await slow.query('ROLLBACK TO half');
    await quick.query('BEGIN');
    await publish(quick, { room: 'alpha', data: 'rolled back' });
    await quick.query('ROLLBACK');
    await publish(quick, { room: 'alpha', data: { text: 'committed first', n: [1, 2.5, null] } });
    await listener.untilHeard({ n: [1, 2.5, null], text: 'committed first' });
    await slow.query('COMMIT');
    await listener.untilHeard('begun first, committed last');
    await publish(quick, { room: 'alpha', data: 'end' });
    expect(await listener.untilHeard('end')).toEqual({ room: 'alpha', from: 'server', data: 'end' });
    expect(listener.dataOf('alpha')).toEqual([
      { n: [1, 2.5, null], text: 'committed first' },
      'begun first, committed last',
      'end',
    ]);
    await expect.poll(() => countRows(quick, 'outbox')).toBe(0);
    const sent = await collector.next('span send *', ({ name }) => name === 'send *');
    expect(sent).toMatchObject({ traceId: trace, service: 'outcry-inbound' });
    // One message was of a trace, and it is over with the transaction.
    expect(collector.spans.map(({ traceId }) => traceId)).toEqual(
      ['decode', 'decide', 'send', 'publish'].map(() => trace),
    );
    expect(await readHealth(service.internalUrl)).toMatchObject({ status: 200, summary: 'ok' });
    expect(await service.process.stop()).toEqual({ code: 0, signal: null });
  });

  it('takes a message of a known key for the same one', async () => {
    await using stage = await setStage();
    const service = await stage.start();
    const client = await stage.database.connect();
    await publish(client, { room: 'alpha', data: 'once', key: 'a-key' });
    await publish(client, { room: 'alpha', data: 'twice', key: 'a-key' });
    await publish(client, { room: 'beta', data: 'another room', key: 'a-key' });
    await publish(client, { room: 'alpha', data: 'end' });
    await Promise.all(['end', 'another room'].map((data) => stage.listener.untilHeard(data)));
    expect(stage.listener.dataOf('alpha')).toEqual(['once', 'end']);
    expect(await metricOf(service, 'duplicates_total')).toBe(1);
  });

  it('puts aside what no client could take, says why, and goes on', async () => {
    await using stage = await setStage();
    const service = await stage.start({ maxFrameBytes: 256 });
    const client = await stage.database.connect();
    await publish(client, { room: 'no*room', data: 1 });
    await client.query(`SELECT outcry.publish('alpha', '{"n": 9007199254740993}')`);
    await publish(client, { room: 'alpha', data: 'x'.repeat(300) });
    await publish(client, { room: 'alpha', data: 'end' });
    await stage.listener.untilHeard('end');
    await expect.poll(() => countRows(client, 'refused')).toBe(3);
    const { rows } = await client.query('SELECT room, reason, detail FROM outcry.refused ORDER BY reason');
    expect(rows).toEqual([
      { room: 'no*room', reason: 'badRoom', detail: 'expected a room, @all, or @ and a user' },
      { room: 'alpha', reason: 'dataTooLarge', detail: 'data may have 256 bytes (OUTCRY_MAX_FRAME_BYTES)' },
      { room: 'alpha', reason: 'malformed', detail: expect.stringMatching(/^data\.n: /) as unknown },
    ]);
    const metrics = await (await fetch(`${service.internalUrl}/metrics`)).text();
    for (const { reason } of rows as { reason: string }[]) {
      expect(metrics).toContain(`outcry_inbound_refused_total{reason="${reason}"} 1\n`);
    }
    expect(stage.listener.dataOf('alpha')).toEqual(['end']);
  });

  it('publishes each row of concurrent writers once and in order, though the service is killed again and again', async () => {
    await using stage = await setStage();
    const { database, listener } = stage;
    let service = await stage.start(SHORT_LEASE);
    const writers = [0, 1, 2, 3];
    const writing = Promise.all(
      writers.map(async (writer) => {
        const client = await database.connect();
        for (let n = 0; n < TRANSACTIONS; n++) {
          await client.query('BEGIN');
          for (const room of ROOMS) await publish(client, { room, data: { writer, n } });
          await client.query(n % 10 === 9 ? 'ROLLBACK' : 'COMMIT');
        }
      }),
    );
    for (const heard of [50, 200]) {
      await expect.poll(() => listener.heard.length).toBeGreaterThan(heard);
      service.process.kill();
      await service.process.exited;
      service = await stage.start(SHORT_LEASE);
    }
    await writing;
    for (const room of ROOMS) await publish(await database.connect(), { room, data: `end of ${room}` });
    for (const room of ROOMS) await listener.untilHeard(`end of ${room}`);
    const committed = Array.from({ length: TRANSACTIONS }, (_, n) => n).filter((n) => n % 10 !== 9);
    for (const room of ROOMS) {
      for (const writer of writers) {
        const own = (listener.dataOf(room) as { writer: number; n: number }[]).filter((data) => data.writer === writer);
        expect(own.map(({ n }) => n)).toEqual(committed);
      }
    }
    // All rooms have one order of all transactions.
    const [alpha, ...others] = ROOMS.map((room) => listener.dataOf(room).slice(0, -1));
    for (const other of others) expect(other).toEqual(alpha);
  });

  it('divides the partitions among the services, and leaves none behind when one is lost', async () => {
    await using stage = await setStage();
    const [first, second] = [await stage.start(SHORT_LEASE), await stage.start(SHORT_LEASE)];
    const held = (): Promise<number[]> =>
      Promise.all([first, second].map((service) => metricOf(service, 'partitions')));
    await expect.poll(held).toEqual([PARTITIONS / 2, PARTITIONS / 2]);
    first.process.kill();
    await expect.poll(() => metricOf(second, 'partitions')).toBe(PARTITIONS);
    const client = await stage.database.connect();
    for (const room of ROOMS) await publish(client, { room, data: `still in ${room}` });
    for (const room of ROOMS) await stage.listener.untilHeard(`still in ${room}`);
  });

  it('publishes though the database knows later fences than this Redis, whose clock was ahead once', async () => {
    await using stage = await setStage();
    const first = await stage.start(SHORT_LEASE);
    await first.process.stop();
    const client = await stage.database.connect();
    await client.query('UPDATE outcry.partitions SET fence = fence + 3600000000');
    const second = await stage.start(SHORT_LEASE);
    await expect.poll(() => metricOf(second, 'partitions')).toBe(PARTITIONS);
    await publish(client, { room: 'alpha', data: 'an hour early' });
    await stage.listener.untilHeard('an hour early');
    // Somebody else's, while it reads: the rows wait for whoever comes above that.
    await client.query('UPDATE outcry.partitions SET fence = fence + 3600000000');
    await publish(client, { room: 'alpha', data: 'two hours early' });
    await stage.listener.untilHeard('two hours early');
  });

  it('works with the rights that docs/INBOUND.md gives, and none more; without the schema it says what to do', async () => {
    await using stage = await setStage();
    await expect(stage.start({ postgresMigrate: false })).rejects.toThrow(
      /the database has no schema outcry, and this service needs version 4: start it once with OUTCRY_POSTGRES_MIGRATE=true/,
    );
    const owner = await stage.start();
    await owner.process.stop();
    const admin = await stage.database.connect();
    const statements = /```sql roles\n(.*?)```/s.exec(readFileSync(DOCUMENT, 'utf8'))?.[1] ?? '';
    await admin.query(statements);
    const service = await stage.start({
      postgresMigrate: false,
      postgresUrl: stage.database.urlOf('outcry_inbound'),
    });
    const app = await stage.database.connect('app');
    await publish(app, { room: 'alpha', data: 'as a role that may publish and nothing else' });
    await stage.listener.untilHeard('as a role that may publish and nothing else');
    await publish(app, { room: 'no*room', data: 1 });
    await expect.poll(() => countRows(admin, 'refused')).toBe(1);
    for (const [role, query] of [
      ['app', 'SELECT * FROM outcry.outbox'],
      ['app', `SELECT * FROM outcry.take_page(1::smallint, 1, 1, 1)`],
      ['app', `INSERT INTO outcry.outbox (room, data, bytes) VALUES ('alpha', '1', 1)`],
      ['outcry_inbound', 'SELECT * FROM outcry.outbox'],
      ['outcry_inbound', `SELECT outcry.publish('alpha', '1')`],
    ] as const) {
      const client = await stage.database.connect(role);
      await expect(client.query(query), `${role}: ${query}`).rejects.toThrow(/permission denied/);
    }
    expect(await metricOf(service, 'source_faults_total')).toBe(0);
  });

  it('keeps the rights that were given when its schema becomes newer, and gives no others', async () => {
    await using stage = await setStage();
    const admin = await stage.database.connect();
    await migrate(admin, { ...MIGRATIONS, steps: MIGRATIONS.steps.slice(0, 1) });
    await admin.query('CREATE ROLE former LOGIN; CREATE ROLE stranger LOGIN');
    await admin.query('GRANT EXECUTE ON FUNCTION outcry.publish, outcry.take, outcry.claim TO former');
    await migrate(admin, MIGRATIONS);
    const { rows } = await admin.query<{ readonly name: string; readonly former: boolean; readonly stranger: boolean }>(
      `SELECT proname AS name, has_function_privilege('former', oid, 'execute') AS former,
         has_function_privilege('stranger', oid, 'execute') AS stranger
       FROM pg_proc WHERE pronamespace = 'outcry'::regnamespace AND proname IN ('fences', 'publish', 'take', 'take_page') ORDER BY 1`,
    );
    expect(rows).toEqual(
      ['fences', 'publish', 'take', 'take_page'].map((name) => ({ name, former: true, stranger: false })),
    );
  });

  it('goes on when the database comes back from a crash, with what was committed before and behind it', async () => {
    await using stage = await setStage();
    const service = await stage.start();
    const before = await stage.database.connect();
    await publish(before, { room: 'alpha', data: 'before' });
    await stage.listener.untilHeard('before');
    await postgres.kill();
    await vi.waitFor(
      async () => {
        const { status, summary } = await readHealth(service.internalUrl);
        expect([status, summary]).toEqual([503, 'the outbox cannot be read']);
      },
      { timeout: 20_000 },
    );
    await postgres.restart();
    const after = await stage.database.connect();
    await publish(after, { room: 'alpha', data: 'after' });
    await stage.listener.untilHeard('after');
    expect(stage.listener.dataOf('alpha')).toEqual(['before', 'after']);
  });
});
