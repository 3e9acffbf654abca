import { MemoryHub, OutcryError } from '@outcry/broker';
import { Encoding } from '@outcry/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { RoomRules } from '../rooms/room-rules.ts';
import { createTestGateway, type TestClient, type TestGateway } from '../testing/create-services.ts';
import { ALL_RIGHTS } from '../identity/rights/room-rights.ts';

const OPEN_RULE = {
  retention: { count: 100, ms: 60_000 },
  presence: true,
  publish: 'members',
  signal: 'members',
  readHistory: true,
  users: ALL_RIGHTS,
  guests: ALL_RIGHTS,
} as const;

describe('RoomPresence', () => {
  let here: TestGateway;
  let there: TestGateway;

  beforeEach(async () => {
    // The clock of leases and of the broker goes on by itself: only what is put off is put forward by hand.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const hub = new MemoryHub();
    const roomRules = new RoomRules([{ pattern: 'quiet', rule: { ...OPEN_RULE, presence: false } }], OPEN_RULE);
    here = await createTestGateway({ roomRules }, hub);
    there = await createTestGateway({ roomRules }, hub);
  });
  afterEach(async () => {
    await Promise.all([here.stop(), there.stop()]);
    vi.useRealTimers();
  });

  async function join(client: TestClient, options: object = {}): Promise<object | undefined> {
    const answer = client.socket.framesOf('joined').length;
    client.send({ type: 'join', room: 'lobby', ...options });
    await until(() =>
      client.socket
        .framesOf('joined')
        .slice(answer)
        .some(({ room }) => !room.startsWith('@')),
    );
    return client.socket.framesOf('joined').findLast(({ room }) => !room.startsWith('@'));
  }

  const enter = async (gateway: TestGateway, user: string): Promise<TestClient> => {
    const client = gateway.connect(user);
    await join(client);
    return client;
  };
  const watch = async (gateway: TestGateway, user = 'watcher'): Promise<TestClient> => {
    const client = gateway.connect(user);
    await join(client, { presence: true });
    return client;
  };
  const until = (condition: () => boolean): Promise<boolean> => vi.waitUntil(condition, { timeout: 5000, interval: 1 });
  const told = (client: TestClient): string[] =>
    client.socket.framesOf('member').map(({ user, change, count }) => `${user} ${change} ${String(count)}`);

  /** What was caused before has been told then. */
  async function drain(...watchers: TestClient[]): Promise<void> {
    await enter(here, 'drain');
    await until(() => watchers.every((watcher) => told(watcher).some((line) => line.startsWith('drain'))));
  }

  async function membersOf({ socket, send }: TestClient): Promise<unknown> {
    const known = socket.framesOf('ack').length;
    send({ type: 'members', id: 'members', room: 'lobby' });
    await until(() => socket.framesOf('ack').length > known);
    return socket.framesOf('ack').at(-1);
  }

  it('counts and lists the users of all gateways', async () => {
    await enter(here, 'ann');
    await enter(there, 'ann');
    await enter(there, 'bob');
    const cy = here.connect('cy');
    expect(await join(cy, { presence: true })).toMatchObject({ room: 'lobby', members: 3 });
    const { count, members } = (await membersOf(cy)) as { count: number; members: { user: string }[] };
    expect(count).toBe(3);
    expect(members.sort((a, b) => a.user.localeCompare(b.user))).toEqual([
      { user: 'ann', connections: 2 },
      { user: 'bob', connections: 1 },
      { user: 'cy', connections: 1 },
    ]);
  });

  it('tells those who asked for it, on every gateway, and nobody else', async () => {
    const [watcher, farWatcher, plain] = [await watch(here), await watch(there), await enter(here, 'plain')];
    const ann = await enter(there, 'ann');
    const second = await enter(here, 'ann');
    ann.send({ type: 'leave', room: 'lobby' });
    second.send({ type: 'leave', room: 'lobby' });
    await drain(watcher, farWatcher);
    const expected = ['ann joined 3', 'ann left 2', 'drain joined 3'];
    expect(told(farWatcher)).toEqual(['plain joined 2', ...expected]);
    expect(told(watcher).slice(-3)).toEqual(expected);
    expect(told(plain)).toEqual([]);
  });

  it('makes a frame once for each encoding, however many want it', async () => {
    for (let i = 0; i < 10; i += 1) await watch(here, `json-${String(i)}`);
    for (let i = 0; i < 10; i += 1) {
      const { session } = here.connect(`msgpack-${String(i)}`, Encoding.Msgpack);
      const request = here.services.codecs.msgpack.encodeClient({ type: 'join', room: 'lobby', presence: true });
      session.received(request as Uint8Array, true);
    }
    await until(() => [...here.transport.sockets].filter(({ topics }) => topics.has('p/lobby/m')).length === 10);
    const last = await watch(there);
    here.transport.publishCount = 0;
    await enter(there, 'ann');
    await until(() => told(last).length > 0);
    await until(() => here.transport.publishCount > 0);
    expect(here.transport.publishCount).toBe(2);
  });

  it('counts a closed connection for 5 s, so that who comes back to any gateway was never away', async () => {
    const watcher = await watch(here);
    const ann = await enter(here, 'ann');
    ann.session.closed(1006);
    vi.advanceTimersByTime(4000);
    const back = await enter(there, 'ann');
    vi.advanceTimersByTime(5000);
    await drain(watcher);
    expect(told(watcher)).toEqual(['ann joined 2', 'drain joined 3']);
    expect(await membersOf(back)).toMatchObject({ count: 3 });
  });

  it('says that a user has left 5 s after the last connection was closed', async () => {
    const watcher = await watch(there);
    const ann = await enter(here, 'ann');
    const remove = vi.spyOn(here.backplane.presence, 'remove');
    ann.session.closed(1006);
    vi.advanceTimersByTime(4999);
    expect(remove).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    await until(() => told(watcher).length === 2);
    expect(told(watcher)).toEqual(['ann joined 2', 'ann left 1']);
  });

  it('lets nobody leave who joins again', async () => {
    const watcher = await watch(there);
    const ann = await enter(here, 'ann');
    await join(ann, { presence: true });
    await join(ann, { echo: false });
    await drain(watcher);
    expect(told(watcher)).toEqual(['ann joined 2', 'drain joined 3']);
    ann.send({ type: 'leave', room: 'lobby' });
    await until(() => told(watcher).includes('ann left 2'));
  });

  it('costs nothing in rooms without presence', async () => {
    const [add, count] = [vi.spyOn(here.backplane.presence, 'add'), vi.spyOn(here.backplane.presence, 'count')];
    const ann = here.connect('ann');
    expect(await join(ann, { room: 'quiet', presence: true })).not.toHaveProperty('members');
    ann.send({ type: 'members', id: 1, room: 'quiet' });
    await until(() => ann.socket.framesOf('error').length === 1);
    expect(ann.socket.framesOf('error')).toMatchObject([{ id: 1, code: 'forbidden' }]);
    ann.session.closed(1000);
    vi.advanceTimersByTime(10_000);
    expect(add).not.toHaveBeenCalled();
    expect(count).not.toHaveBeenCalled();
  });

  it('shows what is known of a member, as it was said last', async () => {
    const { presence } = here.services;
    const [old, fresh] = [Uint8Array.of(1), Uint8Array.of(2)];
    presence.enter('lobby', 'ann', old);
    const infoOf = async (): Promise<unknown> => (await presence.list('lobby')).members[0]?.info;
    expect(await infoOf()).toEqual(old);
    presence.describe('lobby', 'ann', fresh);
    expect(await infoOf()).toEqual(fresh);
  });

  it('lists no more info than a client may leave unread, and counts all the same', async () => {
    const info = new Uint8Array(1024);
    const members = Array.from({ length: 300 }, (_, i) => ({ user: `user-${String(i)}`, connections: 1, info }));
    vi.spyOn(here.backplane.presence, 'list').mockResolvedValue({ count: 300, members });
    const listed = await here.services.presence.list('lobby');
    expect([listed.count, listed.members.length]).toEqual([300, 256]);
  });

  it('lets a session in without the count where presence cannot be had, and refuses the list', async () => {
    const unavailable = new OutcryError('unavailable', 'no');
    vi.spyOn(here.backplane.presence, 'add').mockImplementation(() => undefined);
    vi.spyOn(here.backplane.presence, 'count').mockRejectedValue(unavailable);
    vi.spyOn(here.backplane.presence, 'list').mockRejectedValue(unavailable);
    const ann = here.connect('ann');
    const joined = await join(ann, { presence: true });
    expect(joined).toMatchObject({ room: 'lobby' });
    expect(joined).not.toHaveProperty('members');
    ann.send({ type: 'members', id: 1, room: 'lobby' });
    await until(() => ann.socket.framesOf('error').length === 1);
    expect(ann.socket.framesOf('error')).toMatchObject([{ id: 1, code: 'unavailable', retryable: true }]);
  });

  it('goes on in a room where the count cannot be had, and does not hide a fault of its own', async () => {
    const { presence } = here.services;
    const count = vi.spyOn(here.backplane.presence, 'count');
    count.mockResolvedValueOnce(7);
    expect(await presence.count('lobby')).toBe(7);
    count.mockRejectedValueOnce(new OutcryError('unavailable', 'no'));
    expect(await presence.count('lobby')).toBeUndefined();
    count.mockRejectedValueOnce(new TypeError('no'));
    await expect(presence.count('lobby')).rejects.toThrow(TypeError);
  });

  it('counts those who come and go', async () => {
    const { membersAdded, membersRemoved } = here.services.metrics;
    const ann = await enter(here, 'ann');
    await enter(here, 'bob');
    ann.send({ type: 'leave', id: 1, room: 'lobby' });
    await until(() => ann.socket.framesOf('ack').length === 1);
    const counts = await Promise.all([membersAdded.get(), membersRemoved.get()]);
    expect(counts.map(({ values }) => values[0]?.value)).toEqual([2, 1]);
  });

  it('does not go on counting a session whose join fails', async () => {
    vi.spyOn(here.backplane.broker, 'readHistory').mockRejectedValueOnce(new OutcryError('unavailable', 'no'));
    const ann = here.connect('ann');
    ann.send({ type: 'join', id: 1, room: 'lobby', presence: true, history: 10 });
    await until(() => ann.socket.framesOf('error').length === 1);
    expect(await here.services.presence.list('lobby')).toEqual({ count: 0, members: [] });
  });

  it('begins with the count that was told last where somebody comes while the past is read', async () => {
    await enter(there, 'bob');
    const { broker } = here.backplane;
    const readHistory = broker.readHistory.bind(broker);
    vi.spyOn(broker, 'readHistory').mockImplementationOnce(async (...args) => {
      const told_ = (): string | undefined => here.services.rooms.get('lobby')?.latestMember?.user;
      await until(() => told_() === 'ann');
      await enter(there, 'cy');
      await until(() => told_() === 'cy');
      return readHistory(...args);
    });
    const ann = here.connect('ann');
    expect(await join(ann, { presence: true, history: 10 })).toMatchObject({ members: 3 });
    await drain(ann);
    expect(told(ann)).toEqual(['drain joined 4']);
  });

  it('hands its members over when it closes, for the grace and for as long as they were asked to wait', async () => {
    const [handOver, remove] = [
      vi.spyOn(here.backplane.presence, 'handOver'),
      vi.spyOn(here.backplane.presence, 'remove'),
    ];
    const ann = await enter(here, 'ann');
    ann.session.closed(1012);
    await here.services.presence.close(3000);
    expect(handOver).toHaveBeenCalledExactlyOnceWith(8000);
    vi.advanceTimersByTime(60_000);
    expect(remove).not.toHaveBeenCalled();
  });
});
