import { uniquePrefix } from '@outcry/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { describeAccountStore } from '../../src/accounts/store.contract.ts';
import { describeControlBus } from '../../src/control/bus.contract.ts';
import { describeEventJournal } from '../../src/events/journal.contract.ts';
import { describeFeedBus } from '../../src/feeds/bus.contract.ts';
import { ARCHIVE_IDENTITY, createRedisBackplane, partitionOf } from '../../src/index.ts';
import { describeLease } from '../../src/leases/lease.contract.ts';
import { describeSharedLimits } from '../../src/limits/shared-limits.contract.ts';
import { describeNodeRoster } from '../../src/nodes/node-roster.contract.ts';
import { describePublisherRoster } from '../../src/nodes/publisher-roster.contract.ts';
import { describePresence } from '../../src/presence/store.contract.ts';
import { describeRevocationList } from '../../src/revocations/list.contract.ts';
import { describeBroker } from '../../src/rooms/broker.contract.ts';
import { LeadingPublisher } from '../support/leading-publisher.ts';
import { Recorder } from '../support/recorder.ts';
import { range, request, RETENTION } from '../support/requests.ts';
import { grantedCommands, REDIS_ROLES, type RedisRole } from '../support/redis-role.ts';
import { RoleServers } from '../support/role-servers.ts';
import { TEST_LEASE, TEST_TOLD, type TestCluster } from './cluster.ts';

/** What each role has asked for, in all suites. */
const used: Readonly<Record<RedisRole, Set<string>>> = {
  gateway: new Set(),
  publisher: new Set(),
  inbound: new Set(),
  archive: new Set(),
  events: new Set(),
};

/** Nodes that may do in Redis what their role may, and nothing else: the first one's role, and the second one's. */
async function createCluster(first: RedisRole, second = first): Promise<TestCluster> {
  const servers = await RoleServers.start();
  const prefix = uniquePrefix();
  const urls = { first: await servers.createUrl(first, prefix), second: await servers.createUrl(second, prefix) };
  return {
    createBackplane: (place = 'first') =>
      createRedisBackplane({ url: urls[place], prefix, presenceLease: TEST_LEASE, told: TEST_TOLD }),
    wipe: () => servers.wipe(),
    stop: async () => {
      const commands = await servers.used();
      for (const role of [first, second]) for (const command of commands) used[role].add(command);
      await servers.stop();
    },
  };
}

const ofGateways = (): Promise<TestCluster> => createCluster('gateway');
const ofPublishers = (): Promise<TestCluster> => createCluster('publisher');
const ofBoth = (): Promise<TestCluster> => createCluster('publisher', 'gateway');

describeBroker('Redis', ofGateways);
describePresence('Redis', ofGateways);
describeControlBus('Redis', ofGateways);
describeNodeRoster('Redis', ofGateways);
describeSharedLimits('Redis', ofGateways);
describeRevocationList('Redis', ofGateways);
describeAccountStore('Redis', ofGateways);
describeFeedBus('Redis', ofBoth);
describeLease('Redis', ofPublishers);
describeLease('Redis, as a service that brings messages in', () => createCluster('inbound'));
describeLease('Redis, as a service that archives', () => createCluster('archive'));
describeEventJournal('Redis', () => createCluster('gateway', 'events'));
describePublisherRoster('Redis', ofPublishers);

describe('deploy/redis/users.acl, or cluster-users.acl', () => {
  /** A connection's own, which depend on the URL and on the client library. */
  const CONNECTION = ['hello', 'auth', 'select', 'ping', 'client|setname'];
  /** For what is on its way from one server to another, which nothing is here (tests/integration/cluster-moves.test.ts). */
  const ON_ITS_WAY = 'asking';

  let servers: RoleServers;
  const prefix = uniquePrefix();
  const ANY = { messages: 100, bytes: 100_000 };
  const urls = { gateway: '', publisher: '', inbound: '', archive: '', events: '' };
  beforeAll(async () => {
    servers = await RoleServers.start();
    for (const role of REDIS_ROLES) urls[role] = await servers.createUrl(role, prefix);
    return () => servers.stop();
  });

  it('lets a gateway read what a publisher writes', async () => {
    const gateway = createRedisBackplane({ url: urls.gateway, prefix });
    const publisher = createRedisBackplane({ url: urls.publisher, prefix });
    await Promise.all([gateway.start(new Recorder()), publisher.start(new Recorder())]);
    const frame = { symbol: 'BTC', epoch: 'e', seq: 1, venueSeq: 1, venueAt: 1, at: 1, bids: [], asks: [] };
    const snapshot = { ...frame, priceScale: 0, sizeScale: 0 };
    await publisher.feedBus.announce([{ symbol: 'BTC', priceScale: 0, sizeScale: 0 }]);
    await new LeadingPublisher(publisher).publishSnapshot(snapshot);
    await servers.forgetUsed();
    expect(await gateway.feedBus.listInstruments()).toHaveLength(1);
    expect(await gateway.feedBus.readBook('BTC')).toEqual({ snapshot, deltas: [] });
    expect(await gateway.lease.find(['BTC', 'ETH'])).toEqual([{ heldForMs: expect.any(Number) as number }, undefined]);
    for (const command of await servers.used()) used.gateway.add(command);
    await Promise.all([gateway.close(), publisher.close()]);
  });

  it('lets an inbound service write what a gateway reads', async () => {
    const gateway = createRedisBackplane({ url: urls.gateway, prefix });
    const inbound = createRedisBackplane({ url: urls.inbound, prefix });
    await Promise.all([gateway.start(new Recorder()), inbound.start(new Recorder())]);
    await servers.forgetUsed();
    const idempotency = { sender: '*outbox', key: 'a' };
    const publishKept = (n: number): Promise<unknown> =>
      inbound.broker.publish(request('lobby', String(n), { idempotency: { ...idempotency, key: String(n) } }));
    // In one call, which looks at the age of what is stored; and one by itself.
    await Promise.all(range(1, 63).map(publishKept));
    await publishKept(64);
    await inbound.identities?.introduce('an-outbox', 'a-cluster');
    expect(await inbound.identities?.identify('an-outbox')).toMatchObject({ cluster: 'a-cluster' });
    const unkept = { retention: { count: 0, ms: 1000 } };
    await inbound.broker.publish(request('unkept', 'x', unkept));
    for (const command of await servers.used()) used.inbound.add(command);
    expect(
      (await inbound.broker.publish(request('lobby', '1', { idempotency: { ...idempotency, key: '1' } }))).isDuplicate,
    ).toBe(true);
    expect((await gateway.broker.readHistory('lobby', { last: 100 }, RETENTION)).messages).toHaveLength(64);
    await Promise.all([gateway.close(), inbound.close()]);
  });

  it('lets a service that archives read what others write, and take rooms off its list', async () => {
    const backplanes = [urls.gateway, urls.inbound, urls.archive].map((url) => createRedisBackplane({ url, prefix }));
    await Promise.all(backplanes.map((backplane) => backplane.start(new Recorder())));
    const [gateway, inbound, { archive, identities } = {}] = backplanes;
    await servers.forgetUsed();
    const partition = partitionOf('kept');
    const publishTwice = async (): Promise<void> => {
      for (const one of [gateway, inbound]) {
        await one?.broker.publish(
          request('kept', 'x', { retention: { ...RETENTION, isArchived: true, unarchivedBytes: 1000 } }),
        );
      }
    };
    const announced: string[] = [];
    await identities?.introduce(ARCHIVE_IDENTITY, 'a-cluster');
    expect(await identities?.identify(ARCHIVE_IDENTITY)).toMatchObject({ cluster: 'a-cluster' });
    await archive?.watch(partition, (room) => announced.push(room));
    await publishTwice();
    await expect.poll(() => announced).toEqual(['kept', 'kept']);
    await expect.poll(async () => (await archive?.read('kept', undefined, ANY))?.messages.length).toBe(2);
    expect(await archive?.read('unknown', undefined, ANY)).toBeUndefined();
    const { head = { epoch: '', seq: 0 } } = (await archive?.read('kept', undefined, ANY)) ?? {};
    await archive?.release('kept', head);
    await archive?.settle('kept', head);
    for (const room of (await archive?.list(partition, 0)) ?? []) await archive?.dismiss(room);
    expect(await archive?.list(partition, 0)).toEqual([]);
    await archive?.unwatch(partition);
    for (const command of await servers.used()) used.archive.add(command);
    await Promise.all(backplanes.map((backplane) => backplane.close()));
  });

  it('lets a service that sends events lead, and hand over', async () => {
    const events = createRedisBackplane({ url: urls.events, prefix });
    await events.start(new Recorder());
    await servers.forgetUsed();
    const released: string[] = [];
    await events.lease.watch((name) => released.push(name));
    const grant = await events.lease.acquire('events', 60_000);
    if ('heldForMs' in grant) throw new Error('held');
    expect(await events.lease.acquire('events', 60_000)).toHaveProperty('heldForMs');
    expect(await events.lease.renew(grant)).toBe(true);
    await events.lease.release(grant);
    await expect.poll(() => released).toEqual(['events']);
    for (const command of await servers.used()) used.events.add(command);
    await events.close();
  });

  it.each(REDIS_ROLES)('lets a %s neither change nor read what is not its own', async (role) => {
    const user = await servers.connectAs(role, prefix);
    const name = `${prefix}:{x}:y`;
    const attempts: readonly (readonly [string, ...string[]])[] = [
      ['FLUSHALL'],
      ['FLUSHDB'],
      ['CONFIG', 'GET', '*'],
      ['ACL', 'WHOAMI'],
      ['KEYS', '*'],
      ['SCAN', '0'],
      ['CLIENT', 'LIST'],
      ['CLIENT', 'KILL', 'TYPE', 'normal'],
      ['SCRIPT', 'FLUSH'],
      ['FUNCTION', 'LIST'],
      ['SHUTDOWN', 'NOSAVE'],
      ['REPLICAOF', 'NO', 'ONE'],
      ['MONITOR'],
      ['PSUBSCRIBE', `${prefix}:*`],
      ['RENAME', name, name],
      ['GET', 'another-prefix:{x}:y'],
      ['PUBLISH', 'another-prefix:{x}:y', ''],
      ['SUBSCRIBE', 'another-prefix:{x}:y'],
      ['EVAL', "return redis.call('FLUSHALL')", '0'],
      ['EVAL', "return redis.call('GET', 'another-prefix:{x}:y')", '0'],
      role === 'publisher' ? ['XADD', name, '*', 'm', 'a message'] : ['RPUSH', name, 'a delta'],
    ];
    for (const [command, ...args] of attempts) {
      await expect(user.call(command, ...args), command).rejects.toThrow(
        /NOPERM|ACL failure|executing the script can't/,
      );
    }
    expect(await user.ping()).toBe('PONG');
    user.disconnect();
  });

  it.each(REDIS_ROLES)('lets a %s do nothing that it has no use for', (role) => {
    const idle = [...grantedCommands(role, servers.isCluster)].filter(
      (command) => ![...CONNECTION, ON_ITS_WAY].includes(command) && !used[role].has(command),
    );
    expect(idle).toEqual([]);
  });
});
