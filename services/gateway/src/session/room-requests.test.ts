import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { ALL_RIGHTS } from '../identity/rights/room-rights.ts';
import { type RoomRule, RoomRules } from '../rooms/room-rules.ts';
import { createTestGateway, type TestClient, type TestGateway } from '../testing/create-services.ts';

const DEFAULT: RoomRule = {
  retention: { count: 100, ms: 60_000 },
  presence: true,
  publish: 'members',
  signal: 'members',
  readHistory: true,
  users: ALL_RIGHTS,
  guests: ALL_RIGHTS,
};

describe('requests about rooms', () => {
  let gateway: TestGateway;
  let ann: TestClient;
  let bob: TestClient;
  beforeEach(async () => {
    const roomRules = new RoomRules([{ pattern: 'quiet', rule: { ...DEFAULT, presence: false } }], DEFAULT);
    gateway = await createTestGateway({ roomRules, limits: { maxFramesPerSecond: 0, maxRooms: 2 } });
    [ann, bob] = [gateway.connect('ann'), gateway.connect('bob')];
    for (const client of [ann, bob]) await ask(client, { type: 'join', room: 'lobby' });
  });
  afterEach(async () => {
    await gateway.stop();
  });

  let ids = 0;
  async function ask({ send, socket }: TestClient, request: Readonly<Record<string, unknown>>): Promise<Answer> {
    const id = (ids += 1);
    send({ ...request, id });
    return vi.waitUntil(() => socket.frames.find((frame) => 'id' in frame && frame.id === id) as Answer | undefined, {
      interval: 1,
    });
  }

  type Answer = Readonly<Record<string, unknown>>;

  it.each([
    ['without data', {}, {}],
    ['with data', { data: { line: 3 } }, { data: { line: 3 } }],
  ])('pass a signal on %s, to others and not to its sender', async (_, sent, received) => {
    ann.send({ type: 'signal', id: 1, room: 'lobby', name: 'typing', ...sent });
    await vi.waitUntil(() => bob.socket.framesOf('signal').length === 1, { interval: 1 });
    expect(bob.socket.framesOf('signal')).toEqual([
      { type: 'signal', room: 'lobby', from: 'ann', name: 'typing', ...received },
    ]);
    await ask(ann, { type: 'ping' });
    expect(ann.socket.framesOf('signal')).toEqual([]);
    expect(ann.socket.framesOf('ack')).toEqual([]);
  });

  it('list who is in a room', async () => {
    const answer = await ask(ann, { type: 'members', room: 'lobby' });
    expect(answer).toEqual({
      type: 'ack',
      id: answer['id'],
      count: 2,
      members: [
        { user: 'ann', connections: 1 },
        { user: 'bob', connections: 1 },
      ],
    });
  });

  it('leave a room, once', async () => {
    const left = await ask(bob, { type: 'leave', room: 'lobby' });
    expect(left).toEqual({ type: 'ack', id: left['id'] });
    expect(await ask(bob, { type: 'leave', room: 'lobby' })).toMatchObject({ code: 'notJoined' });
    await ask(ann, { type: 'publish', room: 'lobby', data: 'alone' });
    await ask(bob, { type: 'ping' });
    expect(bob.socket.framesOf('message')).toEqual([]);
    expect(bob.session.memberships.has('@bob')).toBe(true);
  });

  it('tell the time', async () => {
    const before = Date.now();
    const pong = await ask(ann, { type: 'ping' });
    expect(pong).toEqual({ type: 'pong', id: pong['id'], at: expect.any(Number) as number });
    expect(pong['at']).toBeGreaterThanOrEqual(before);
    ann.send({ type: 'ping' });
    expect(ann.socket.framesOf('pong').at(-1)).not.toHaveProperty('id');
  });

  it('join with fifty messages, an echo and nobody’s coming and going, where nothing else is asked for', async () => {
    for (let data = 1; data <= 60; data += 1) await ask(bob, { type: 'publish', room: 'lobby', data });
    const late = gateway.connect('carl');
    const joined = await ask(late, { type: 'join', room: 'lobby' });
    expect(joined).not.toHaveProperty('members');
    expect(late.socket.framesOf('message').map(({ data }) => data)).toEqual(
      Array.from({ length: 50 }, (_, i) => 11 + i),
    );
    await ask(late, { type: 'publish', room: 'lobby', data: 'own' });
    await vi.waitUntil(() => late.socket.framesOf('message').length === 51, { interval: 1 });
    gateway.connect('dora').send({ type: 'join', room: 'lobby' });
    await vi.waitUntil(async () => (await ask(ann, { type: 'members', room: 'lobby' }))['count'] === 4, {
      interval: 1,
    });
    expect(late.socket.framesOf('member')).toEqual([]);
  });

  it('join from a position, or with as many messages as are asked for', async () => {
    const first = await ask(ann, { type: 'publish', room: 'lobby', data: 1 });
    await ask(ann, { type: 'publish', room: 'lobby', data: 2 });
    const late = gateway.connect('carl');
    const since = { epoch: first['epoch'], seq: first['seq'] };
    expect(await ask(late, { type: 'join', room: 'lobby', since })).toMatchObject({ recovered: true });
    expect(late.socket.framesOf('message').map(({ data }) => data)).toEqual([2]);
    const some = gateway.connect('eve');
    await ask(some, { type: 'join', room: 'lobby', history: 1 });
    expect(some.socket.framesOf('message').map(({ data }) => data)).toEqual([2]);
    const fresh = await ask(gateway.connect('dora'), { type: 'join', room: 'lobby', history: 0, presence: true });
    expect(fresh).toMatchObject({ recovered: false, members: 5 });
  });

  it.each(['quiet', '@ann', '@all'])('tell nobody who comes and goes in %s, which keeps no presence', async (room) => {
    expect(await ask(ann, { type: 'join', room, presence: true })).not.toHaveProperty('members');
    expect(await ask(ann, { type: 'members', room })).toMatchObject({ code: 'forbidden' });
  });

  it('come with an inbox that echoes, tells nobody’s coming and going, and begins now', async () => {
    await ask(bob, { type: 'publish', room: '@carl', data: 'before' });
    const carl = gateway.connect('carl');
    await ask(carl, { type: 'publish', room: '@carl', data: 'note' });
    await ask(carl, { type: 'ping' });
    expect(carl.socket.framesOf('message').map(({ data }) => data)).toEqual(['note']);
    for (const joined of carl.socket.framesOf('joined')) expect(joined).not.toHaveProperty('members');
  });

  it('join again at the limit of rooms, and none besides', async () => {
    await ask(ann, { type: 'join', room: 'second' });
    expect(await ask(ann, { type: 'join', room: 'third' })).toMatchObject({
      code: 'limitReached',
      message: 'a session is in at most 2 rooms',
    });
    for (const room of ['second', '@ann', '@all']) {
      expect(await ask(ann, { type: 'join', room })).toMatchObject({ type: 'joined', room });
    }
  });
});
