import { createPubSubFilter, FaultProxy } from '@outcry/testkit';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Backplane } from '../../src/index.ts';
import { LeadingPublisher } from '../support/leading-publisher.ts';
import { RedisCluster } from '../support/redis-cluster.ts';
import { range, request, RETENTION } from '../support/requests.ts';

let cluster: RedisCluster;
const rejections: unknown[] = [];
const keepRejection = (reason: unknown): void => {
  rejections.push(reason);
};

beforeAll(async () => {
  cluster = await RedisCluster.start();
  process.on('unhandledRejection', keepRejection);
  return async () => {
    process.off('unhandledRejection', keepRejection);
    await cluster[Symbol.asyncDispose]();
  };
});
afterEach(async () => {
  await cluster.reset();
  expect(rejections).toEqual([]);
});
const killSubscribers = (): Promise<unknown> => cluster.admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');

describe('a lost subscriber connection', () => {
  it('costs no message and no order, while others publish', async () => {
    const [a, b] = [await cluster.startNode(), await cluster.startNode()];
    await Promise.all([a.backplane.broker.join('pit'), b.backplane.broker.join('pit')]);
    for (const i of range(1, 2000)) {
      if (i % 400 === 0) {
        await b.recorder.until(() => b.recorder.statuses.at(-1) === 'up');
        await killSubscribers();
      }
      await a.backplane.broker.publish(request('pit', String(i)));
    }
    await Promise.all([a, b].map(({ recorder }) => recorder.untilMessages(2000)));
    for (const { recorder, repairs } of [a, b]) {
      expect(recorder.seqs('pit')).toEqual(range(1, 2000));
      expect(recorder.resets).toEqual([]);
      expect(repairs.length).toBeGreaterThan(0);
      await recorder.until(() => recorder.statuses.at(-1) === 'up');
      expect(recorder.statuses).toContain('down');
    }
  });

  it('costs nothing in a room that falls silent meanwhile', async () => {
    const [a, b] = [await cluster.startNode(), await cluster.startNode()];
    await b.backplane.broker.join('pit');
    await killSubscribers();
    await a.backplane.broker.publish(request('pit', 'x'));
    await b.recorder.untilMessages(1);
  });

  it('is made good for more channels than one command subscribes', async () => {
    const [a, b] = [await cluster.startNode(), await cluster.startNode()];
    const rooms = range(1, 1100).map((i) => `room-${String(i)}`);
    await Promise.all(rooms.map((room) => b.backplane.broker.join(room)));
    await killSubscribers();
    await b.recorder.untilUpAgain();
    await Promise.all(rooms.map((room) => a.backplane.broker.publish(request(room, 'x'))));
    await b.recorder.untilMessages(rooms.length);
    expect(new Set(b.recorder.messages.map(({ room }) => room)).size).toBe(rooms.length);
    expect(b.repairs).toEqual([]);
  });

  it('costs nothing in more rooms than are looked at together, though all of them fall silent', async () => {
    await using proxy = await FaultProxy.start(cluster.redis);
    const a = await cluster.startNode();
    const b = await cluster.startNode({ url: `redis://127.0.0.1:${String(proxy.port)}` });
    const rooms = range(1, 600).map((i) => `room-${String(i)}`);
    await Promise.all(rooms.map((room) => b.backplane.broker.join(room)));
    await proxy.cut();
    await Promise.all(rooms.map((room) => a.backplane.broker.publish(request(room, 'x'))));
    await proxy.restore();
    await b.recorder.untilMessages(rooms.length);
    expect(new Set(b.recorder.messages.map(({ room }) => room))).toEqual(new Set(rooms));
    expect(b.repairs).toHaveLength(rooms.length);
  });

  it('costs nothing in a room that has missed more than one read brings, and falls silent', async () => {
    await using proxy = await FaultProxy.start(cluster.redis);
    const a = await cluster.startNode();
    const b = await cluster.startNode({ url: `redis://127.0.0.1:${String(proxy.port)}` });
    await b.backplane.broker.join('pit');
    const retention = { count: 2000, ms: 60_000 };
    await proxy.cut();
    await Promise.all(range(1, 1100).map((i) => a.backplane.broker.publish(request('pit', String(i), { retention }))));
    await proxy.restore();
    await b.recorder.untilMessages(1100);
    expect(b.recorder.seqs('pit')).toEqual(range(1, 1100));
    expect(b.recorder.resets).toEqual([]);
  });

  it('gives feeds their channels back', async () => {
    const [a, b] = [await cluster.startNode(), await cluster.startNode()];
    const seen: number[] = [];
    const handler = {
      handleSnapshot: ({ seq }: { seq: number }) => seen.push(seq),
      handleDelta: () => undefined,
      handlePulse: () => undefined,
    };
    await b.backplane.feedBus.watch('BTCUSDT', handler);
    await killSubscribers();
    await b.recorder.untilUpAgain();
    const common = { symbol: 'BTCUSDT', epoch: 'abcdefgh', bids: [], asks: [], venueSeq: 1, venueAt: 1, at: 1 };
    await new LeadingPublisher(a.backplane).publishSnapshot({ ...common, seq: 7, priceScale: 2, sizeScale: 2 });
    await b.recorder.until(() => seen.length > 0);
    expect(seen).toEqual([7]);
  });

  it('costs no revocation, and what Redis has lost meanwhile is stored again', async () => {
    await using proxy = await FaultProxy.start(cluster.redis);
    const a = await cluster.startNode();
    const b = await cluster.startNode({ url: `redis://127.0.0.1:${String(proxy.port)}` });
    const told: string[] = [];
    await b.backplane.revocations.watch(({ id }) => told.push(id));
    const revoke = (id: string): Promise<void> =>
      a.backplane.revocations.revoke({ kind: 'token', id, issuedUntil: 1, expiresAt: Date.now() + 60_000 });
    await revoke('before');
    await b.recorder.until(() => told.length === 1);
    await proxy.cut();
    await b.recorder.until(() => b.recorder.statuses.at(-1) === 'down');
    await cluster.admin.flushall();
    await revoke('meanwhile');
    await proxy.restore();
    await b.recorder.untilUpAgain();
    expect(told).toEqual(['before', 'meanwhile']);
    const late: string[] = [];
    await (await cluster.startNode()).backplane.revocations.watch(({ id }) => late.push(id));
    expect(late.sort()).toEqual(['before', 'meanwhile']);
  });

  it('costs no revocation, of more than are stored together', async () => {
    const a = await cluster.startNode();
    const known: string[] = [];
    await a.backplane.revocations.watch(({ id }) => known.push(id));
    const ids = range(1, 250).map((i) => `token-${String(i)}`);
    const expiresAt = Date.now() + 60_000;
    await Promise.all(
      ids.map((id) => a.backplane.revocations.revoke({ kind: 'token', id, issuedUntil: 1, expiresAt })),
    );
    await a.recorder.until(() => known.length === ids.length);
    await cluster.admin.flushall();
    await killSubscribers();
    await a.recorder.untilUpAgain();
    const late: string[] = [];
    await (await cluster.startNode()).backplane.revocations.watch(({ id }) => late.push(id));
    expect(late.sort()).toEqual(ids.sort());
  });

  it('costs no revocation its longer end, where Redis knows an earlier one', async () => {
    const a = await cluster.startNode();
    const short = { kind: 'token', id: 'id', issuedUntil: 1, expiresAt: Date.now() + 60_000 } as const;
    const long = { ...short, expiresAt: short.expiresAt + 60_000 };
    const told: number[] = [];
    await a.backplane.revocations.watch(({ expiresAt }) => told.push(expiresAt));
    await a.backplane.revocations.revoke(short);
    const snapshot = await takeSnapshot();
    await a.backplane.revocations.revoke(long);
    await a.recorder.until(() => told.length === 2);
    await restoreSnapshot(snapshot);
    await killSubscribers();
    await a.recorder.untilUpAgain();
    const late: number[] = [];
    await (await cluster.startNode()).backplane.revocations.watch(({ expiresAt }) => late.push(expiresAt));
    expect(late).toEqual([long.expiresAt]);
  });

  it('stores no revocation again that has expired', async () => {
    const a = await cluster.startNode();
    await a.backplane.revocations.watch(() => undefined);
    const soon = Date.now() + 200;
    const ends = { soon, later: soon + 60_000 };
    for (const [id, expiresAt] of Object.entries(ends)) {
      await a.backplane.revocations.revoke({ kind: 'token', id, issuedUntil: 1, expiresAt });
    }
    await vi.waitUntil(() => Date.now() > soon);
    await cluster.admin.flushall();
    const listener = cluster.admin.duplicate();
    const stored: string[] = [];
    listener.on('message', (_channel: string, text: string) => stored.push(text));
    await listener.subscribe(...((await cluster.admin.pubsub('CHANNELS', '*revoked*')) as string[]));
    await cluster.admin.call('CLIENT', 'KILL', 'TYPE', 'normal');
    await a.recorder.untilUpAgain();
    await vi.waitUntil(() => stored.length > 0);
    listener.disconnect();
    expect(stored).toEqual([expect.stringMatching(/^\d+ .*later/)]);
  });

  it('announces a hole that has been trimmed, and goes on behind it', async () => {
    await using proxy = await FaultProxy.start(cluster.redis);
    const a = await cluster.startNode();
    const b = await cluster.startNode({ url: `redis://127.0.0.1:${String(proxy.port)}` });
    await b.backplane.broker.join('pit');
    const retention = { count: 5, ms: 60_000 };
    await a.backplane.broker.publish(request('pit', 'x', { retention }));
    await b.recorder.untilMessages(1);
    await proxy.cut();
    await Promise.all(range(1, 999).map((i) => a.backplane.broker.publish(request('pit', String(i), { retention }))));
    await proxy.restore();
    await b.recorder.until(() => b.recorder.seqs('pit').at(-1) === 1000);

    const [reset, ...others] = b.recorder.resets;
    expect(others).toEqual([]);
    const from = reset?.position.seq ?? 0;
    expect(from).toBeGreaterThan(1);
    expect(b.recorder.calls).toEqual([
      'm 1',
      `reset ${String(from)}`,
      ...range(from + 1, 1000).map((i) => `m ${String(i)}`),
    ]);
  });
});

describe('a Redis that loses data', () => {
  it('gives a silent room a new epoch, and its members hear of it when their connection is back', async () => {
    const b = await cluster.startNode();
    const { epoch } = await b.backplane.broker.join('pit');
    await b.backplane.broker.publish(request('pit', 'x'));
    await b.recorder.untilMessages(1);
    await cluster.admin.flushall();
    await killSubscribers();
    await b.recorder.until(() => b.recorder.resets.length > 0);
    expect(b.recorder.calls).toEqual(['m 1', 'reset 0']);
    expect(b.recorder.resets[0]?.position.epoch).not.toBe(epoch);
  });

  it('never gives a number out twice within an epoch: numbering that went back begins anew', async () => {
    const [a, b] = [await cluster.startNode(), await cluster.startNode()];
    const { epoch } = await b.backplane.broker.join('pit');
    for (const i of range(1, 10)) await a.backplane.broker.publish(request('pit', String(i)));
    await b.recorder.untilMessages(10);
    // What a replica knew that had not heard of the last four.
    const [meta = '', stream = ''] = [...(await cluster.keys('meta/pit')), ...(await cluster.keys('stream/pit'))];
    await cluster.admin.hset(meta, 'seq', '6');
    await cluster.admin.xtrim(stream, 'MAXLEN', 0);
    await killSubscribers();
    await b.recorder.untilUpAgain();
    const { position } = await a.backplane.broker.publish(request('pit', 'y'));
    expect(position.seq).toBe(1);
    expect(position.epoch).not.toBe(epoch);
    await b.recorder.untilMessages(11);
    expect(b.recorder.calls.slice(10)).toEqual(['reset 0', 'm 1']);
  });

  it('is found out also where the lost numbers have been given out again, past what a node has seen', async () => {
    await using proxy = await FaultProxy.start(cluster.redis);
    const a = await cluster.startNode();
    const b = await cluster.startNode({ url: `redis://127.0.0.1:${String(proxy.port)}` });
    const late = await cluster.startNode({ url: `redis://127.0.0.1:${String(proxy.port)}` });
    const { epoch } = await b.backplane.broker.join('pit');
    for (const i of range(1, 6)) await a.backplane.broker.publish(request('pit', String(i)));
    const snapshot = await takeSnapshot();
    for (const i of range(7, 10)) await a.backplane.broker.publish(request('pit', String(i)));
    await b.recorder.untilMessages(10);
    // It has seen no message, only where the numbering stood.
    await late.backplane.broker.join('pit');

    await proxy.cut();
    await restoreSnapshot(snapshot);
    for (const i of range(7, 12)) await a.backplane.broker.publish(request('pit', `other ${String(i)}`));
    await proxy.restore();
    await Promise.all([b, late].map(({ recorder }) => recorder.untilUpAgain()));

    for (const { recorder } of [b, late]) {
      expect(recorder.resets).toHaveLength(1);
      expect(recorder.resets[0]?.position.epoch).not.toBe(epoch);
    }
    const { position } = await a.backplane.broker.publish(request('pit', 'new'));
    expect(position).toEqual({ epoch: b.recorder.resets[0]?.position.epoch, seq: 13 });
    // What was acknowledged behind the loss is told, and kept.
    const told = ['reset 6', ...range(7, 13).map((i) => `m ${String(i)}`)];
    for (const { recorder } of [b, late]) await recorder.until(() => recorder.calls.at(-1) === 'm 13');
    expect(b.recorder.calls.slice(10)).toEqual(told);
    expect(late.recorder.calls).toEqual(told);
    const all = { after: 0, limit: 100 };
    const { messages } = await a.backplane.broker.readHistory('pit', all, { count: 100, ms: 60_000 });
    expect(messages).toEqual(b.recorder.messages.slice(10));
  });

  it('is not suspected where all that was seen is still there', async () => {
    const [a, b] = [await cluster.startNode(), await cluster.startNode()];
    const { epoch } = await b.backplane.broker.join('pit');
    await a.backplane.broker.publish(request('pit', 'x'));
    await b.recorder.untilMessages(1);
    await cluster.admin.xtrim((await cluster.keys('stream/pit'))[0] ?? '', 'MAXLEN', 0);
    await killSubscribers();
    await b.recorder.untilUpAgain();
    await killSubscribers();
    const { position } = await a.backplane.broker.publish(request('pit', 'y'));
    expect(position).toEqual({ epoch, seq: 2 });
    await b.recorder.untilMessages(2);
    expect(b.recorder.resets).toEqual([]);
  });

  it('leaves no stream behind whose numbering is gone', async () => {
    const a = await cluster.startNode();
    for (const i of range(1, 10)) await a.backplane.broker.publish(request('pit', String(i)));
    await cluster.admin.del(await cluster.keys('meta/pit'));
    const { position } = await a.backplane.broker.publish(request('pit', 'x'));
    expect(position.seq).toBe(1);
    const { messages } = await a.backplane.broker.readHistory(
      'pit',
      { after: 0, limit: 100 },
      { count: 100, ms: 60_000 },
    );
    expect(messages.map((message) => message.position)).toEqual([position]);
  });
});

/** Every key of the cluster as it is now: what a replica holds that hears nothing from here on. */
async function takeSnapshot(): Promise<readonly (readonly [key: string, dump: Buffer])[]> {
  const keys = await cluster.keys('');
  return Promise.all(keys.map(async (key) => [key, await cluster.admin.dumpBuffer(key)] as const));
}

async function restoreSnapshot(snapshot: Awaited<ReturnType<typeof takeSnapshot>>): Promise<void> {
  await cluster.admin.flushall();
  for (const [key, dump] of snapshot) await cluster.admin.restore(key, 0, dump);
}

describe('a join that fails', () => {
  it('is forgotten: the next one joins', async () => {
    await using proxy = await FaultProxy.start(cluster.redis);
    const a = await cluster.startNode();
    const b = await cluster.startNode({ url: `redis://127.0.0.1:${String(proxy.port)}`, commandTimeoutMs: 300 });
    const { position } = await a.backplane.broker.publish(request('pit', 'x'));
    proxy.inflict({ toClient: { isLost: true } });
    await expect(b.backplane.broker.join('pit')).rejects.toMatchObject({ code: 'unavailable' });
    proxy.heal();
    proxy.dropConnections();
    await b.recorder.untilUpAgain();
    expect(await b.backplane.broker.listRooms()).toEqual([]);
    expect(await b.backplane.broker.join('pit')).toEqual(position);
    await a.backplane.broker.publish(request('pit', 'y'));
    await b.recorder.untilMessages(1);
    expect(b.recorder.calls).toEqual(['m 2']);
  });

  it('of one step of two is forgotten, too', async () => {
    const a = await cluster.startNode();
    // The channel is heard, and then the room cannot be opened.
    await cluster.admin.set(await metaOf(a.backplane, 'pit'), 'no hash');
    await expect(a.backplane.broker.join('pit')).rejects.toMatchObject({ code: 'unavailable' });
    await cluster.admin.flushall();
    await vi.waitFor(async () => {
      expect(await a.backplane.broker.listRooms()).toEqual([]);
    });
    const { epoch, seq } = await a.backplane.broker.join('pit');
    expect([epoch.length, seq]).toEqual([8, 0]);
    await a.backplane.broker.publish(request('pit', 'x'));
    await a.recorder.untilMessages(1);
  });
});

/** What a room's numbering is called. */
async function metaOf(backplane: Backplane, room: string): Promise<string> {
  await backplane.broker.publish(request(room, 'x'));
  const [meta = ''] = await cluster.keys(`meta/${room}`);
  await cluster.admin.flushall();
  return meta;
}

describe('a lost reply', () => {
  it('does not make two messages of one, when the publish is tried again with its key', async () => {
    await using proxy = await FaultProxy.start(cluster.redis);
    const a = await cluster.startNode({ url: `redis://127.0.0.1:${String(proxy.port)}` });
    const b = await cluster.startNode();
    await b.backplane.broker.join('pit');
    const publish = request('pit', 'x', { idempotency: { sender: 'ann', key: 'k' } });

    proxy.inflict({ toClient: { isLost: true } });
    const lost = a.backplane.broker.publish(publish);
    await b.recorder.untilMessages(1);
    proxy.heal();
    proxy.dropConnections();
    await expect(lost).rejects.toMatchObject({ name: 'OutcryError', code: 'unavailable' });
    await a.recorder.untilUpAgain();

    const again = await a.backplane.broker.publish(publish);
    expect(again).toEqual({ isDuplicate: true, position: b.recorder.messages[0]?.position });
    await b.backplane.broker.publish(request('pit', 'y'));
    await b.recorder.untilMessages(2);
    expect(b.recorder.seqs('pit')).toEqual([1, 2]);
  });
});

describe('a subscriber that is healthy but deaf', () => {
  it('is down until it hears again, not up at every acknowledged subscription, and misses nothing', async () => {
    await using proxy = await FaultProxy.start(cluster.redis);
    const a = await cluster.startNode();
    const b = await cluster.startNode({ url: `redis://127.0.0.1:${String(proxy.port)}` });
    await b.backplane.broker.join('pit');
    proxy.inflict({ toClient: { createFilter: createPubSubFilter }, saying: ':subscriber' });
    await b.recorder.until(() => b.recorder.statuses.at(-1) === 'down');
    await a.backplane.broker.publish(request('pit', 'x'));
    // The first is of the connection that it had, the others of one that looked as well.
    const isDeafness = (fault: string): boolean => fault.endsWith(': what was published did not come back');
    await b.recorder.until(() => b.faults.filter(isDeafness).length >= 3, 15_000);
    expect(b.recorder.statuses).toEqual(['up', 'down']);
    proxy.heal();
    await b.recorder.untilMessages(1);
    await b.recorder.until(() => b.recorder.statuses.at(-1) === 'up');
    expect(b.recorder.calls).toEqual(['m 1']);
  });
});

describe('a silent partition', () => {
  it('fails commands within their limit, is noticed, and is repaired when it ends', async () => {
    await using proxy = await FaultProxy.start(cluster.redis);
    const a = await cluster.startNode();
    const url = `redis://127.0.0.1:${String(proxy.port)}`;
    const b = await cluster.startNode({ url, commandTimeoutMs: 500 });
    const patient = await cluster.startNode({ url, commandTimeoutMs: 60_000 });
    await b.backplane.broker.join('pit');
    proxy.freeze();
    const answers: string[] = [];
    void patient.backplane.broker.readHistory('pit', { limit: 1 }, RETENTION).finally(() => answers.push('patient'));
    await expect(b.backplane.broker.publish(request('pit', 'x'))).rejects.toMatchObject({ code: 'unavailable' });
    expect(answers).toEqual([]);
    await b.recorder.until(() => b.recorder.statuses.at(-1) === 'down');
    await a.backplane.broker.publish(request('pit', 'y'));
    proxy.thaw();
    await b.recorder.until(() => b.recorder.statuses.at(-1) === 'up');
    const { position } = await a.backplane.broker.publish(request('pit', 'z'));
    await b.recorder.until(() => b.recorder.seqs('pit').at(-1) === position.seq);
    expect(b.recorder.seqs('pit')).toEqual(range(1, position.seq));
    expect(b.recorder.resets).toEqual([]);
  });

  it('never queues without bound: what is too much is refused at once', async () => {
    const a = await cluster.startNode({ commandTimeoutMs: 10_000 });
    await cluster.admin.client('PAUSE', 1000, 'ALL');
    const results = await Promise.allSettled(
      range(1, 9000).map((i) => a.backplane.broker.publish(request('pit', String(i)))),
    );
    const refused = results.filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(9000 - 8192);
    expect(refused[0]).toMatchObject({ reason: { code: 'unavailable' } });
    expect((refused[0] as PromiseRejectedResult).reason).toHaveProperty(
      'message',
      expect.stringContaining('too many messages without an answer'),
    );
  });
});
