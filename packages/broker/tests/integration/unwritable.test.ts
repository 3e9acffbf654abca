import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasRedisServer, RedisProcess, uniquePrefix } from '@outcry/testkit';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Backplane, createRedisBackplane, type StorageStatus, UnwritableError } from '../../src/index.ts';
import { PresenceRecorder, untilMembers } from '../support/presence-recorder.ts';
import { Recorder } from '../support/recorder.ts';
import { RETENTION, request } from '../support/requests.ts';

/** Within which a node must know. */
const KNOWN_WITHIN_MS = 5000;
const LEASE = { leaseMs: 1500, renewMs: 300 };
const FRAME = { symbol: 'BTC', epoch: 'e', venueSeq: 1, venueAt: 1, at: 1, bids: [], asks: [] };

interface Node {
  readonly backplane: Backplane;
  readonly recorder: Recorder;
  readonly told: StorageStatus[];
}

let folder: string;
let server: RedisProcess;
let admin: Redis;
let prefix: string;
const nodes: Node[] = [];

async function startNode(url = server.url): Promise<Node> {
  const told: StorageStatus[] = [];
  const recorder = new Recorder();
  const events = { onStorage: (storage: StorageStatus) => told.push(storage) };
  const backplane = createRedisBackplane({ url, prefix, presenceLease: LEASE, events });
  const node = { backplane, recorder, told };
  nodes.push(node);
  await backplane.start(recorder);
  await backplane.presence.start(new PresenceRecorder());
  return node;
}

async function untilState({ backplane, recorder }: Node, state: StorageStatus['state']): Promise<void> {
  await recorder.until(() => backplane.storage?.state === state, KNOWN_WITHIN_MS);
}

interface Trouble {
  readonly state: 'full' | 'readOnly';
  readonly words: string;
  readonly begin: () => Promise<unknown>;
  readonly end: () => Promise<unknown>;
}

const TROUBLES: readonly Trouble[] = [
  {
    state: 'full',
    words: 'storage is full',
    begin: () => admin.config('SET', 'maxmemory', '1'),
    end: () => admin.config('SET', 'maxmemory', '0'),
  },
  {
    state: 'readOnly',
    words: 'storage is read-only: it has too few replicas',
    begin: () => admin.config('SET', 'min-replicas-to-write', '1'),
    end: () => admin.config('SET', 'min-replicas-to-write', '0'),
  },
  {
    state: 'readOnly',
    words: 'storage is read-only: its disk fails',
    begin: async () => {
      rmSync(folder, { recursive: true });
      await admin.bgsave();
      await expect.poll(() => admin.info('persistence')).toContain('rdb_last_bgsave_status:err');
    },
    end: async () => {
      mkdirSync(folder);
      await admin.config('SET', 'stop-writes-on-bgsave-error', 'no');
    },
  },
];

describe.runIf(hasRedisServer())('a Redis that stores nothing', () => {
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'outcry-unwritable-'));
    // Saves never by itself, and so never in the midst of a test.
    server = await RedisProcess.start(['--dir', folder, '--save', '3600 1000000000']);
    admin = new Redis(server.url);
    prefix = uniquePrefix();
  });
  afterEach(async () => {
    await Promise.all(nodes.splice(0).map(({ backplane }) => backplane.close()));
    admin.disconnect();
    await server[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  describe.each(TROUBLES)('$words', ({ state, words, begin, end }) => {
    it('is known to a node that does nothing, and over again by itself; delivery goes on', async () => {
      const node = await startNode();
      expect(node.backplane.storage).toEqual({ state: 'writable' });
      await begin();
      await untilState(node, state);
      await end();
      await untilState(node, 'writable');
      expect(node.told).toEqual([{ state, reason: words }, { state: 'writable' }]);
      expect(node.recorder.statuses).toEqual(['up']);
    });

    it('refuses a publish in words and at once: a known room, and one that nobody knows', async () => {
      const node = await startNode();
      const { broker } = node.backplane;
      await broker.publish(request('pit', 'x'));
      await begin();
      const before = await admin.dbsize();
      for (const room of ['pit', 'new-1']) {
        const refusal: unknown = await broker.publish(request(room, 'y')).catch((error: unknown) => error);
        expect(refusal).toBeInstanceOf(UnwritableError);
        expect(refusal).toMatchObject({ code: 'unavailable', reason: words });
      }
      await untilState(node, state);
      // Without asking: a Redis that has no room is not to spend its time on saying so.
      await admin.config('RESETSTAT');
      await expect(broker.publish(request('new-2', 'z'))).rejects.toMatchObject({ reason: words });
      expect(await admin.info('commandstats')).not.toMatch(/cmdstat_eval/);
      expect(await admin.dbsize()).toBe(before);
    });

    it('lets nodes start, join what is known and what is not, read, and see who is there', async () => {
      const before = await startNode();
      const { broker, presence } = before.backplane;
      await broker.publish(request('pit', 'x'));
      presence.add('pit', 'ann');
      expect(await presence.count('pit')).toBe(1);
      await begin();
      const node = await startNode();
      const head = await node.backplane.broker.join('pit');
      expect(head.seq).toBe(1);
      expect((await node.backplane.broker.readHistory('pit', { limit: 5 }, RETENTION)).messages).toHaveLength(1);
      expect(await node.backplane.broker.join('new')).toMatchObject({ seq: 0 });
      expect(await node.backplane.presence.count('pit')).toBe(1);
      expect(await node.backplane.presence.list('pit', 5)).toMatchObject({ members: [{ user: 'ann' }] });
      await expect(node.backplane.broker.publish(request('pit', 'y'))).rejects.toThrow(UnwritableError);
      await end();
      await untilState(node, 'writable');
      await node.backplane.broker.publish(request('pit', 'z'));
      await node.recorder.untilMessages(1);
      node.backplane.presence.add('pit', 'bob');
      await untilMembers(presence, 'pit', ['ann×1', 'bob×1']);
    });

    it('leaves a room that was joined meanwhile whole: its first message needs no reset', async () => {
      await begin();
      const node = await startNode();
      const { epoch } = await node.backplane.broker.join('new');
      await end();
      await untilState(node, 'writable');
      const { position } = await node.backplane.broker.publish(request('new', 'x'));
      expect(position).toEqual({ epoch, seq: 1 });
      await node.recorder.untilMessages(1);
      expect(node.recorder.calls).toEqual(['m 1']);
    });
  });

  it('goes on with what has a bound of its own where it is full: books, leases, who is there, limits, revocations', async () => {
    const node = await startNode();
    await admin.config('SET', 'maxmemory', '1');
    await untilState(node, 'full');
    const { feedBus, lease, presence, nodes: roster, limits, revocations } = node.backplane;
    const grant = await lease.acquire('BTC', 10_000);
    if ('heldForMs' in grant) throw new Error('held');
    const instrument = { symbol: 'BTC', priceScale: 0, sizeScale: 0 };
    await feedBus.announceUnknown([instrument]);
    await feedBus.announce([instrument]);
    await feedBus.publishSnapshot({ ...FRAME, ...instrument, seq: 1 }, grant.fence);
    await feedBus.publishDelta({ ...FRAME, seq: 2, prev: 1 }, grant.fence);
    expect(await feedBus.readBook('BTC')).toMatchObject({ deltas: [{ seq: 2 }] });
    presence.add('pit', 'ann');
    expect(await presence.count('pit')).toBe(1);
    await roster.attend({ id: 'node', report: '' }, 10_000);
    expect(await limits.hold('node', { subject: 'user:ann', own: 1, max: 1 })).toBe(true);
    expect(await limits.hold('other', { subject: 'user:ann', own: 1, max: 1 })).toBe(false);
    expect([await limits.pass('rate', 1), await limits.pass('rate', 1)]).toEqual([true, false]);
    await revocations.revoke({ kind: 'user', id: 'ann', issuedUntil: 1, expiresAt: Date.now() + 60_000 });
    // Accounts are for ever, so they are not among it.
    await expect(node.backplane.accounts.create('ann', 'hash')).rejects.toThrow('its memory is full');
  });

  describe('storage is read-only: it is a replica that hears its primary', () => {
    let primary: RedisProcess;
    beforeEach(async () => {
      primary = await RedisProcess.start();
      await admin.replicaof(primary.host, primary.port);
      await expect.poll(() => admin.info('replication'), { timeout: 10_000 }).toContain('master_link_status:up');
      return () => primary[Symbol.asyncDispose]();
    });

    it('delivers what others publish, says when it cannot any more, and takes writes once it is the primary', async () => {
      const node = await startNode();
      expect(node.backplane.storage).toEqual({ state: 'readOnly', reason: 'storage is read-only: it is a replica' });
      expect(node.recorder.statuses).toEqual(['up']);
      const other = await startNode(primary.url);
      // Until it is stored at the replica, too, each node would number the room by itself.
      await other.backplane.broker.publish(request('pit', 'x'));
      await expect.poll(() => admin.keys('*meta/pit')).toHaveLength(1);
      await node.backplane.broker.join('pit');
      await other.backplane.broker.publish(request('pit', 'y'));
      await node.recorder.untilMessages(1);
      await expect(node.backplane.broker.publish(request('pit', 'z'))).rejects.toThrow(UnwritableError);
      await other.backplane.close();
      await primary.kill();
      await node.recorder.until(() => node.recorder.statuses.at(-1) === 'down');
      await admin.replicaof('NO', 'ONE');
      await node.recorder.until(() => node.recorder.statuses.at(-1) === 'up');
      await untilState(node, 'writable');
      await node.backplane.broker.publish(request('pit', 'z'));
      await node.recorder.untilMessages(2);
      expect(node.recorder.resets).toEqual([]);
    });

    it('goes over to the primary once its address leads there', async () => {
      await using address = await startAddress(server);
      const node = await startNode(address.url);
      expect(node.backplane.storage).toMatchObject({ state: 'readOnly' });
      await node.backplane.broker.join('pit');
      address.leadTo(primary);
      await untilState(node, 'writable');
      await node.recorder.until(() => node.recorder.statuses.at(-1) === 'up');
      await node.backplane.broker.publish(request('pit', 'x'));
      await node.recorder.untilMessages(1);
    });
  });
});

interface Address extends AsyncDisposable {
  readonly url: string;
  leadTo(target: { readonly host: string; readonly port: number }): void;
}

/** What a name is to a client: new connections go where it leads now, and those that there are stay. */
async function startAddress(first: { readonly host: string; readonly port: number }): Promise<Address> {
  let target = first;
  const sockets = new Set<Socket>();
  const proxy = createServer((client) => {
    const redis = connect(target.port, target.host);
    client.pipe(redis).pipe(client);
    for (const socket of [client, redis]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        client.destroy();
        redis.destroy();
      });
    }
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return {
    url: `redis://127.0.0.1:${String((proxy.address() as AddressInfo).port)}`,
    leadTo(next) {
      target = next;
    },
    async [Symbol.asyncDispose]() {
      for (const { backplane } of nodes.splice(0)) await backplane.close();
      for (const socket of sockets) socket.destroy();
      const closed = once(proxy, 'close');
      proxy.close();
      await closed;
    },
  };
}
