import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { type RoomRule, RoomRules } from '../rooms/room-rules.ts';
import { createTestGateway, type TestClient, type TestGateway } from '../testing/create-services.ts';
import { ALL_RIGHTS } from '../identity/rights/room-rights.ts';

const DEFAULT: RoomRule = {
  retention: { count: 100, ms: 60_000 },
  presence: true,
  publish: 'members',
  signal: 'members',
  readHistory: true,
  users: ALL_RIGHTS,
  guests: ALL_RIGHTS,
};

const RULES = new RoomRules(
  [
    { pattern: 'open', rule: { ...DEFAULT, publish: 'anyone', signal: 'anyone' } },
    { pattern: 'news', rule: { ...DEFAULT, publish: 'nobody', signal: 'nobody' } },
    { pattern: 'support', rule: { ...DEFAULT, readHistory: false } },
    { pattern: 'quiet', rule: { ...DEFAULT, presence: false } },
    { pattern: '@silent-*', rule: { ...DEFAULT, publish: 'nobody', signal: 'nobody' } },
    { pattern: '@quiet-*', rule: { ...DEFAULT, signal: 'nobody' } },
    { pattern: 'fleeting', rule: { ...DEFAULT, retention: { count: 0, ms: 60_000 } } },
  ],
  DEFAULT,
);

describe('the rights of a session in a room', () => {
  let gateway: TestGateway;
  let ann: TestClient;
  let bob: TestClient;
  beforeEach(async () => {
    gateway = await createTestGateway({ roomRules: RULES, limits: { maxSignalsPerSecond: 2 } });
    ann = gateway.connect('ann');
    bob = gateway.connect('bob');
  });
  afterEach(async () => {
    await gateway.stop();
  });

  async function answer(client: TestClient, id: number): Promise<string> {
    const find = (): unknown =>
      client.socket.frames.find((frame) => 'id' in frame && frame.id === id && frame.type !== 'pong');
    await vi.waitUntil(() => find() !== undefined);
    const frame = find() as { type: string; code?: string };
    return frame.code ?? frame.type;
  }

  it.each([
    ['publish', 'lobby', 'notJoined'],
    ['publish', 'open', 'ack'],
    ['publish', 'news', 'forbidden'],
    ['publish', '@all', 'forbidden'],
    ['publish', '@bob', 'ack'],
    ['publish', '@silent-bob', 'forbidden'],
    ['signal', '@silent-bob', 'forbidden'],
    ['publish', '@quiet-bob', 'ack'],
    ['signal', '@quiet-bob', 'forbidden'],
    ['signal', 'lobby', 'notJoined'],
    ['signal', 'news', 'forbidden'],
    ['history', 'lobby', 'notJoined'],
    ['history', '@bob', 'notJoined'],
    ['members', 'lobby', 'notJoined'],
    ['members', 'quiet', 'forbidden'],
    ['members', '@ann', 'forbidden'],
    ['join', '@bob', 'forbidden'],
    ['leave', '@ann', 'forbidden'],
    ['leave', '@all', 'forbidden'],
    ['leave', 'lobby', 'notJoined'],
  ])('answers %s in %s from outside with %s', async (type, room, expected) => {
    ann.send({ type, id: 1, room, data: 1, name: 'typing', limit: 10 });
    expect(await answer(ann, 1)).toBe(expected);
  });

  it('keeps the past from members where the rule says so, also from those who claim to resume', async () => {
    ann.send({ type: 'join', room: 'support' });
    ann.send({ type: 'publish', id: 1, room: 'support', data: 'before' });
    expect(await answer(ann, 1)).toBe('ack');
    bob.send({ type: 'join', id: 2, room: 'support', history: 50 });
    expect(await answer(bob, 2)).toBe('joined');
    expect(bob.socket.framesOf('message')).toEqual([]);
    bob.send({ type: 'history', id: 3, room: 'support', limit: 10 });
    expect(await answer(bob, 3)).toBe('forbidden');
    const { epoch } = bob.socket.framesOf('joined').find(({ room }) => room === 'support') ?? { epoch: '' };
    bob.send({ type: 'join', id: 4, room: 'support', since: { epoch, seq: 0 } });
    expect(await answer(bob, 4)).toBe('joined');
    expect(bob.socket.framesOf('joined').at(-1)).toMatchObject({ recovered: false, seq: 1 });
    expect(bob.socket.framesOf('message')).toEqual([]);
  });

  it('keeps nothing where the rule says so: live messages come, and nothing is resumed', async () => {
    ann.send({ type: 'join', id: 1, room: 'fleeting' });
    expect(await answer(ann, 1)).toBe('joined');
    ann.send({ type: 'publish', id: 2, room: 'fleeting', data: 'now' });
    await vi.waitUntil(() => ann.socket.framesOf('message').length === 1);
    const { epoch } = ann.socket.framesOf('joined').at(-1) ?? { epoch: '' };
    bob.send({ type: 'join', id: 3, room: 'fleeting', since: { epoch, seq: 0 } });
    expect(await answer(bob, 3)).toBe('joined');
    expect(bob.socket.framesOf('joined').at(-1)).toMatchObject({ recovered: false, seq: 1 });
  });

  it('limits signals by themselves: too many are refused, and publishing goes on', async () => {
    ann.send({ type: 'join', room: 'lobby' });
    for (let id = 1; id <= 6; id++) ann.send({ type: 'signal', id, room: 'lobby', name: 'typing' });
    expect(await answer(ann, 5)).toBe('rateLimited');
    expect(await answer(ann, 6)).toBe('rateLimited');
    expect(ann.socket.framesOf('error')).toHaveLength(2);
    ann.send({ type: 'publish', id: 7, room: 'lobby', data: 1 });
    expect(await answer(ann, 7)).toBe('ack');
    expect(ann.socket.closeCode).toBeUndefined();
  });
});
