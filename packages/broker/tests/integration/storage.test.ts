import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Broker } from '../../src/index.ts';
import { RedisCluster } from '../support/redis-cluster.ts';
import { range, request, RETENTION } from '../support/requests.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

let cluster: RedisCluster;
beforeAll(async () => {
  cluster = await RedisCluster.start();
  return () => cluster[Symbol.asyncDispose]();
});
afterEach(() => cluster.reset());

async function ttlOf(text: string): Promise<number> {
  const [key = ''] = await cluster.keys(text);
  return cluster.admin.pttl(key);
}

/** Within the ten seconds that a slow machine may take to look, and what it may live longer. */
function expectAbout(actual: number, expected: number, slack = 0): void {
  expect(actual).toBeLessThanOrEqual(expected + slack);
  expect(actual).toBeGreaterThan(expected - 10_000);
}

async function publish(broker: Broker, count: number, retention: { count: number; ms: number }): Promise<void> {
  await Promise.all(range(1, count).map((i) => broker.publish(request('pit', String(i), { retention }))));
}

describe('what is stored', () => {
  it('expires: history with its retention, numbering after a day, keys of idempotency after their window', async () => {
    const { broker } = (await cluster.startNode({ idempotencyWindowMs: 70_000 })).backplane;
    await broker.publish(
      request('pit', 'x', { retention: { count: 5, ms: 60_000 }, idempotency: { sender: 'ann', key: 'k' } }),
    );
    expectAbout(await ttlOf('stream/pit'), 60_000, 60_000 / 8);
    expectAbout(await ttlOf('meta/pit'), DAY_MS, 60_000 / 8);
    expectAbout(await ttlOf('once/pit/ann/k'), 70_000);
  });

  it('never outlives its numbering, however long it is kept and whoever joins', async () => {
    const { broker } = (await cluster.startNode()).backplane;
    await broker.publish(request('pit', 'x', { retention: { count: 5, ms: 3 * DAY_MS } }));
    await broker.join('pit');
    expectAbout(await ttlOf('stream/pit'), 3 * DAY_MS, (3 * DAY_MS) / 8);
    expectAbout(await ttlOf('meta/pit'), 3 * DAY_MS, (3 * DAY_MS) / 8);
  });

  it('is but the numbering, where nothing is to be kept', async () => {
    const { broker } = (await cluster.startNode()).backplane;
    await publish(broker, 2, { count: 5, ms: 60_000 });
    await publish(broker, 2, { count: 0, ms: 60_000 });
    expect(await cluster.keys('')).toEqual(await cluster.keys('meta/pit'));
  });

  it('is kept alive by a join', async () => {
    const { broker } = (await cluster.startNode()).backplane;
    await broker.publish(request('pit', 'x'));
    await broker.join('pit');
    await cluster.admin.pexpire((await cluster.keys('meta/pit'))[0] ?? '', 60_000);
    await broker.leave('pit');
    await broker.join('pit');
    expectAbout(await ttlOf('meta/pit'), DAY_MS);
  });

  it('is forgotten a minute after the last has left, where nobody has ever published', async () => {
    const [a, b] = [(await cluster.startNode()).backplane.broker, (await cluster.startNode()).backplane.broker];
    await Promise.all([a.join('pit'), b.join('pit')]);
    await a.leave('pit');
    expectAbout(await ttlOf('meta/pit'), DAY_MS);
    await b.leave('pit');
    expectAbout(await ttlOf('meta/pit'), MINUTE_MS);
    // Who comes back finds the same numbering, and keeps it.
    const { epoch } = await a.join('pit');
    expectAbout(await ttlOf('meta/pit'), DAY_MS);
    expect(await a.publish(request('pit', 'x'))).toMatchObject({ position: { epoch, seq: 1 } });
    await a.leave('pit');
    expectAbout(await ttlOf('meta/pit'), DAY_MS, RETENTION.ms / 8);
  });

  it('is forgotten after a minute where a room is only asked about', async () => {
    const { broker } = (await cluster.startNode()).backplane;
    await broker.readHistory('read', { limit: 1 }, { count: 5, ms: 60_000 });
    await broker.removeHistory('removed');
    for (const room of ['read', 'removed']) expectAbout(await ttlOf(`meta/${room}`), MINUTE_MS);
  });

  it('is trimmed by bytes: at most as many as may be, at least half of them, however their sizes change', async () => {
    const { broker } = (await cluster.startNode()).backplane;
    const bytes = 64 * 1024;
    const retention = { count: 100_000, ms: 60_000, bytes };
    const [small, large] = ['x'.repeat(100), 'x'.repeat(5000)];
    for (const text of [small, large, small, large]) {
      const count = Math.ceil((3 * bytes) / text.length);
      await Promise.all(range(1, count).map(() => broker.publish(request('pit', text, { retention }))));
      const [stream = ''] = await cluster.keys('stream/pit');
      const stored = (await cluster.admin.xrange(stream, '-', '+')).map(([, [, message = '']]) => message.length);
      const sum = stored.reduce((total, length) => total + length, 0);
      expect(sum).toBeGreaterThan(bytes / 2 - 6000);
      expect(sum).toBeLessThanOrEqual(bytes + 6000);
    }
    // What is kept is the newest, whole.
    const { head, messages } = await broker.readHistory('pit', { after: 0, limit: 10_000 }, retention);
    expect(messages.at(-1)?.position).toEqual(head);
    expect(messages.map(({ position }) => position.seq)).toEqual(range(head.seq - messages.length + 1, head.seq));
  });

  it('is bounded by bytes anew where history was removed, or stored before there was a bound', async () => {
    const { broker } = (await cluster.startNode()).backplane;
    const text = 'x'.repeat(1000);
    const unbounded = { count: 100_000, ms: 60_000 };
    await Promise.all(range(1, 100).map(() => broker.publish(request('pit', text, { retention: unbounded }))));
    const bounded = { ...unbounded, bytes: 20_000 };
    const publishBounded = (): Promise<unknown> =>
      Promise.all(range(1, 30).map(() => broker.publish(request('pit', text, { retention: bounded }))));
    const [stream = ''] = await cluster.keys('stream/pit');
    for (const _ of range(1, 2)) {
      await publishBounded();
      expect(await cluster.admin.xlen(stream)).toBeLessThanOrEqual(21);
      expect(await cluster.admin.xlen(stream)).toBeGreaterThanOrEqual(8);
      await broker.removeHistory('pit');
    }
  });

  it('is trimmed by count', async () => {
    const { broker } = (await cluster.startNode()).backplane;
    await publish(broker, 1000, { count: 10, ms: 60_000 });
    const [stream = ''] = await cluster.keys('stream/pit');
    expect(await cluster.admin.xlen(stream)).toBeLessThan(10 + 128);
  });

  it('is trimmed by age while a room stays busy', async () => {
    const { broker } = (await cluster.startNode()).backplane;
    const retention = { count: 100_000, ms: 200 };
    let published = 0;
    const [first] = await Promise.all([
      broker.publish(request('pit', 'first', { retention })),
      publish(broker, 499, retention),
    ]);
    const deadline = Date.now() + 10_000;
    const isGone = async (): Promise<boolean> => {
      const [stream = ''] = await cluster.keys('stream/pit');
      const [oldest] = await cluster.admin.xrange(stream, '-', '+', 'COUNT', 1);
      return Number.parseInt(oldest?.[0] ?? '0', 10) > first.position.seq + 300;
    };
    while (!(await isGone()) && Date.now() < deadline) {
      await publish(broker, 64, retention);
      published += 64;
    }
    expect(await isGone(), `after ${String(published)} more`).toBe(true);
  });

  it('lies under names of the cluster alone, all of one room in one slot', async () => {
    const { broker } = (await cluster.startNode()).backplane;
    await broker.publish(request('{x}', 'x', { idempotency: { sender: 'ann', key: '{y}/z' } }));
    const keys = await cluster.admin.keys('*');
    expect(keys).toHaveLength(3);
    const tags = new Set(keys.map((key) => new RegExp(`^${cluster.prefix}:(\\{[a-z0-9]{2}\\}):`).exec(key)?.[1]));
    expect(tags.size).toBe(1);
    expect(tags).not.toContain(undefined);
  });

  it('survives garbage on its channels', async () => {
    const unreadable: string[] = [];
    const { backplane, recorder } = await cluster.startNode({
      events: { onUnreadable: (channel) => unreadable.push(channel) },
    });
    await backplane.broker.join('pit');
    await backplane.feedBus.watch('BTCUSDT', {
      handleDelta: () => undefined,
      handleSnapshot: () => undefined,
      handlePulse: () => undefined,
    });
    const channels = (await cluster.admin.pubsub('CHANNELS', `${cluster.prefix}:*`)) as string[];
    for (const channel of channels) {
      for (const garbage of ['', 'garbage', '\u0001\u0001garbage']) await cluster.admin.publish(channel, garbage);
    }
    await backplane.broker.publish(request('pit', 'x'));
    await recorder.untilMessages(1);
    await recorder.until(() => unreadable.length === 6);
  });
});
