import {
  FaultProxy,
  type InboundProcess,
  type InboundSettings,
  readHealth,
  startInbound,
  startRedis,
  type TestRedis,
  uniquePrefix,
} from '@outcry/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { Listener } from '../support/listener.ts';
import { KafkaBroker } from './support/kafka-broker.ts';
import { PARTITIONS, Topics } from './support/topics.ts';

const SESSION_MS = 1500;
const ROOMS = ['alpha', 'beta', 'gamma', 'delta'];
const RECORDS = 8000;
const BATCH = 500;
const LONG_MS = 60_000;

let redis: TestRedis;
let kafka: KafkaBroker;
beforeAll(async () => {
  [redis, kafka] = await Promise.all([startRedis(), KafkaBroker.start()]);
});
afterAll(async () => {
  await kafka[Symbol.asyncDispose]();
  await redis.stop();
});

interface Stage extends AsyncDisposable {
  readonly topics: Topics;
  readonly listener: Listener;
  /** Starts one more service over the same topics and cluster. */
  start(settings?: Partial<InboundSettings>, caFile?: string): Promise<InboundProcess>;
}

async function setStage(): Promise<Stage> {
  const redisPrefix = uniquePrefix();
  const topics = await Topics.create(kafka);
  const listener = await Listener.join(redis.url, redisPrefix, ROOMS);
  const services: InboundProcess[] = [];
  const shared: InboundSettings = {
    redisUrl: redis.url,
    redisPrefix,
    kafkaUrl: kafka.url,
    kafkaTopics: topics.name,
    kafkaGroup: topics.group,
    kafkaRefusedTopic: topics.refused,
    kafkaSessionMs: SESSION_MS,
  };
  return {
    topics,
    listener,
    async start(settings = {}, caFile) {
      const service = await startInbound({ ...shared, ...settings }, caFile);
      services.push(service);
      return service;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(services.map((service) => service[Symbol.asyncDispose]()));
      await listener[Symbol.asyncDispose]();
      await topics[Symbol.asyncDispose]();
    },
  };
}

async function metricOf({ internalUrl }: InboundProcess, name: string): Promise<number> {
  const text = await (await fetch(`${internalUrl}/metrics`)).text();
  const line = text.split('\n').find((other) => other.startsWith(`outcry_inbound_${name} `)) ?? '';
  return Number(line.slice(line.lastIndexOf(' ')));
}

const patient = { timeout: LONG_MS };

/** Numbers from `from` on, each to a partition and a room of its own order: the nth of a room is in partition n. */
async function writeNumbers({ topics }: Stage, from: number, count: number): Promise<void> {
  const numbers = Array.from({ length: count }, (_, i) => from + i);
  await topics.write(
    ...numbers.map((n) => ({ partition: n % PARTITIONS, key: ROOMS[n % PARTITIONS] ?? '', value: String(n) })),
  );
}

/** That each room has every number of its own up to `count`, once and in order. */
function expectAll({ listener }: Stage, count: number): void {
  for (const [i, room] of ROOMS.entries()) {
    const expected = Array.from({ length: count / PARTITIONS }, (_, n) => n * PARTITIONS + i);
    expect(listener.dataOf(room)).toEqual(expected);
  }
}

/** Until the group has settled all that there is. */
async function untilSettled({ topics }: Stage): Promise<void> {
  const ends = await topics.ends();
  await expect.poll(() => topics.places(), patient).toEqual(ends);
}

/** Waits for all numbers below `count`; those of four rooms end in any order. */
async function untilHeard({ listener }: Stage, count: number): Promise<void> {
  for (let n = count - PARTITIONS; n < count; n++) await listener.untilHeard(n, LONG_MS);
}

describe('topics of a Kafka', () => {
  it('are published in the order of their partitions, by the rules of the server API', async () => {
    await using stage = await setStage();
    const { topics, listener } = stage;
    await topics.write({ partition: 0, key: 'alpha', value: '"before the start"' });
    const service = await stage.start();
    await topics.write(
      { partition: 0, key: 'alpha', value: '{"n":[1,2.5,null]}' },
      { partition: 0, key: '17', value: '"keyed"', headers: { room: 'alpha', key: 'a-key', trace: 'not ours' } },
      { partition: 0, key: 'alpha', value: '"keyed again"', headers: { key: 'a-key' } },
      { partition: 3, key: 'beta', value: '"another room"', headers: { key: 'a-key' } },
      { partition: 0, key: 'alpha', value: '"end"' },
    );
    expect(await listener.untilHeard('end')).toEqual({ room: 'alpha', from: 'server', data: 'end' });
    await listener.untilHeard('another room');
    expect(listener.dataOf('alpha')).toEqual(['before the start', { n: [1, 2.5, null] }, 'keyed', 'end']);
    await expect.poll(() => topics.places(), patient).toEqual([5, -1, -1, 1]);
    expect([await metricOf(service, 'duplicates_total'), await metricOf(service, 'topic_partitions')]).toEqual([1, 4]);
    await expect.poll(() => metricOf(service, 'lag_rows'), patient).toBe(0);
    expect(await readHealth(service.internalUrl)).toMatchObject({ status: 200, summary: 'ok' });
    expect(await service.process.stop()).toEqual({ code: 0, signal: null });
  });

  it('have what no client could take put aside, with the reason, and the rest published', async () => {
    await using stage = await setStage();
    const { topics, listener } = stage;
    const service = await stage.start({ maxFrameBytes: 256 });
    await topics.write(
      { partition: 1, key: 'no*room', value: '1', headers: { trace: 'not ours' } },
      { partition: 1, value: '2' },
      { partition: 1, key: 'alpha' },
      { partition: 1, key: 'alpha', value: Buffer.from([0x22, 0xff, 0x22]) },
      { partition: 1, key: 'alpha', value: '{"n": 9007199254740993}', headers: { key: 'k' } },
      { partition: 1, key: 'alpha', value: `"${'x'.repeat(300)}"` },
      { partition: 1, key: '17', value: '3', headers: { room: 'alpha', key: 'two words' } },
      { partition: 1, key: 'alpha', value: '"end"' },
    );
    await listener.untilHeard('end');
    const reasons = ['badRoom', 'badRoom', 'malformed', 'malformed', 'malformed', 'dataTooLarge', 'badKey'];
    const found = await topics.readRefused(reasons.length);
    const places = found.map(({ headers }) => [headers['outcry-offset'], headers['outcry-reason']]);
    // Those of one page are refused room by room.
    expect([...places].sort()).toEqual(reasons.map((reason, offset) => [String(offset), reason]));
    expect(found.find(({ headers }) => headers['outcry-offset'] === '4')).toEqual({
      key: 'alpha',
      value: '{"n": 9007199254740993}',
      headers: {
        key: 'k',
        'outcry-topic': topics.name,
        'outcry-partition': '1',
        'outcry-offset': '4',
        'outcry-reason': 'malformed',
        'outcry-detail': expect.stringMatching(/^data\.n: /) as unknown,
      },
    });
    expect(listener.dataOf('alpha')).toEqual(['end']);
    await expect.poll(() => topics.places(), patient).toEqual([-1, 8, -1, -1]);
    expect(await metricOf(service, 'refused_total{reason="malformed"}')).toBe(3);
  });

  it('lose, double and disorder nothing when readers are killed, frozen, added and stopped', async () => {
    await using stage = await setStage();
    const [first, second, third] = [await stage.start(), await stage.start(), await stage.start()];
    let written = 0;
    const write = async (count: number): Promise<void> => {
      for (const end = written + count; written < end; written += BATCH) await writeNumbers(stage, written, BATCH);
    };
    await write(RECORDS / 4);
    await stage.listener.untilHeard(RECORDS / 8, LONG_MS);
    first.process.kill();
    await write(RECORDS / 4);
    await untilHeard(stage, RECORDS / 2);
    second.process.freeze();
    await write(RECORDS / 4);
    await untilHeard(stage, (RECORDS * 3) / 4);
    second.process.thaw();
    await stage.start();
    await third.process.stop();
    await write(RECORDS / 4);
    await untilHeard(stage, RECORDS);
    await untilSettled(stage);
    expectAll(stage, RECORDS);
  });

  it('have no second message where a group reads all of them again', async () => {
    await using stage = await setStage();
    const service = await stage.start();
    await writeNumbers(stage, 0, BATCH);
    await untilHeard(stage, BATCH);
    await untilSettled(stage);
    await service.process.stop();
    await stage.topics.rewind();
    const again = await stage.start();
    await writeNumbers(stage, BATCH, BATCH);
    await untilHeard(stage, 2 * BATCH);
    await untilSettled(stage);
    expect(await metricOf(again, 'duplicates_total')).toBe(BATCH);
    expectAll(stage, 2 * BATCH);
  });

  it('wait while rooms cannot be had: nothing is settled that is not published, and nothing is lost', async () => {
    await using stage = await setStage();
    await using proxy = await FaultProxy.start(redis);
    const service = await stage.start({ redisUrl: `redis://127.0.0.1:${String(proxy.port)}` });
    await writeNumbers(stage, 0, BATCH);
    await untilHeard(stage, BATCH);
    await untilSettled(stage);
    const places = await stage.topics.places();
    await proxy.cut();
    for (let n = BATCH; n < RECORDS; n += BATCH) await writeNumbers(stage, n, BATCH);
    await expect.poll(() => metricOf(service, 'retried_total'), patient).toBeGreaterThan(0);
    await expect.poll(() => metricOf(service, 'lag_rows'), patient).toBe(RECORDS - BATCH);
    expect(await stage.topics.places()).toEqual(places);
    expect(await metricOf(service, 'lag_seconds')).toBeGreaterThan(0);
    await proxy.restore();
    await untilHeard(stage, RECORDS);
    await untilSettled(stage);
    expectAll(stage, RECORDS);
  });

  it('are gone on with when Kafka was killed and is back, and /readyz says so meanwhile', async () => {
    await using stage = await setStage();
    const service = await stage.start();
    await writeNumbers(stage, 0, BATCH);
    await untilHeard(stage, BATCH);
    await untilSettled(stage);
    await kafka.kill();
    await expect
      .poll(() => readHealth(service.internalUrl), patient)
      .toMatchObject({ status: 503, summary: 'the topics cannot be read' });
    // For as long as it is tried, and not only at first.
    const faults = await metricOf(service, 'source_faults_total');
    await expect.poll(() => metricOf(service, 'source_faults_total'), patient).toBeGreaterThan(faults + 5);
    expect(await metricOf(service, 'source_up')).toBe(0);
    await kafka.restart();
    await writeNumbers(stage, BATCH, BATCH);
    await untilHeard(stage, 2 * BATCH);
    await untilSettled(stage);
    expectAll(stage, 2 * BATCH);
    await expect.poll(async () => (await readHealth(service.internalUrl)).status, patient).toBe(200);
  });

  it('are read by TLS for a user whose password is right, and not at all for another', async () => {
    await using stage = await setStage();
    const { certFile } = kafka.certificate;
    await stage.start({ kafkaUrl: kafka.secureUrlOf() }, certFile);
    await stage.topics.write({ key: 'alpha', value: '"by TLS"' });
    await stage.listener.untilHeard('by TLS');
    await expect(stage.start({ kafkaUrl: kafka.secureUrlOf('wrong') }, certFile)).rejects.toThrow(
      /Kafka: .*uthenticat/,
    );
    await expect(stage.start({ kafkaUrl: kafka.secureUrlOf() })).rejects.toThrow(/Kafka: .*certificate/);
  });

  it('are refused where one of them is not there, in a line', async () => {
    await using stage = await setStage();
    await expect(stage.start({ kafkaTopics: 'nowhere' })).rejects.toThrow('Kafka: Unknown topic nowhere.');
    await expect(stage.start({ kafkaRefusedTopic: 'nowhere' })).rejects.toThrow('Kafka: Unknown topic nowhere.');
  });
});
