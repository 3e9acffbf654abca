import { CLOSE_CODES } from '@outcry/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { EVERYTHING } from '../testing/broker-parts.ts';
import { createTestGateway, type TestGateway } from '../testing/create-services.ts';

describe('Session', () => {
  let gateway: TestGateway;
  beforeEach(async () => {
    gateway = await createTestGateway({ limits: { maxRooms: 2 } });
  });
  afterEach(async () => {
    await gateway.stop();
  });

  it('welcomes, then joins @all and the inbox', async () => {
    const { socket } = gateway.connect('ann');
    await vi.waitUntil(() => socket.framesOf('joined').length === 2);
    expect(socket.frames[0]).toMatchObject({ type: 'welcome', user: 'ann', node: 'test' });
    expect(socket.framesOf('joined').map(({ room }) => room)).toEqual(['@all', '@ann']);
  });

  it('takes a publish that follows a join without waiting for its answer', async () => {
    const { socket, send } = gateway.connect('ann');
    send({ type: 'join', id: 1, room: 'lobby' });
    send({ type: 'publish', id: 2, room: 'lobby', data: 'hi' });
    await vi.waitUntil(() => socket.framesOf('message').length === 1);
    expect(socket.framesOf('message')[0]).toMatchObject({ room: 'lobby', from: 'ann', data: 'hi', seq: 1 });
    expect(socket.framesOf('ack')).toMatchObject([{ id: 2, seq: 1 }]);
    expect(socket.framesOf('error')).toEqual([]);
  });

  it('keeps own messages back where no echo is wanted, and only from that connection', async () => {
    const quiet = gateway.connect('ann');
    const other = gateway.connect('ann');
    quiet.send({ type: 'join', id: 1, room: 'lobby', echo: false });
    other.send({ type: 'join', id: 1, room: 'lobby' });
    await vi.waitUntil(() => other.socket.framesOf('joined').some(({ room }) => room === 'lobby'));
    quiet.send({ type: 'publish', id: 2, room: 'lobby', data: 1 });
    other.send({ type: 'publish', id: 2, room: 'lobby', data: 2 });
    await vi.waitUntil(() => other.socket.framesOf('message').length === 2);
    expect(quiet.socket.framesOf('message').map(({ data }) => data)).toEqual([2]);
  });

  it('keeps own messages back also where they are replayed', async () => {
    const { socket, send } = gateway.connect('ann');
    send({ type: 'join', id: 1, room: 'lobby' });
    send({ type: 'publish', id: 2, room: 'lobby', data: 1 });
    await vi.waitUntil(() => socket.framesOf('message').length === 1);
    send({ type: 'join', id: 3, room: 'lobby', history: 5, echo: false });
    await vi.waitUntil(() => socket.framesOf('joined').some(({ id }) => id === 3));
    expect(socket.framesOf('joined').at(-1)).toMatchObject({ seq: 0 });
    expect(socket.framesOf('message')).toHaveLength(1);
  });

  it('tells a client by reset that it is past what the broker has', async () => {
    const { socket, send } = gateway.connect('ann');
    send({ type: 'join', id: 1, room: 'lobby' });
    for (const data of [1, 2]) send({ type: 'publish', room: 'lobby', data });
    await vi.waitUntil(() => socket.framesOf('message').length === 2);
    const { epoch } = socket.framesOf('joined').find(({ room }) => room === 'lobby') ?? { epoch: '' };
    send({ type: 'join', id: 3, room: 'lobby', history: 1, since: { epoch, seq: 4 } });
    await vi.waitUntil(() => socket.framesOf('reset').length === 1);
    expect(socket.frames.slice(-2)).toMatchObject([
      { type: 'joined', id: 3, recovered: false, epoch, seq: 2 },
      { type: 'reset', room: 'lobby', epoch, seq: 2 },
    ]);
  });

  it('makes one call to the transport for each message and encoding, whatever the number of members', async () => {
    const members = Array.from({ length: 20 }, (_, i) => gateway.connect(`u${String(i)}`));
    for (const { send } of members) send({ type: 'join', room: 'lobby' });
    await vi.waitUntil(() => members.every(({ socket }) => socket.framesOf('joined').length === 3));
    gateway.transport.publishCount = 0;
    members[0]?.send({ type: 'publish', room: 'lobby', data: 'x' });
    await vi.waitUntil(() => members.every(({ socket }) => socket.framesOf('message').length === 1));
    expect(gateway.transport.publishCount).toBe(1);
  });

  it('does not let a session in that has left before the room let it in', async () => {
    const { socket, send } = gateway.connect('ann');
    send({ type: 'join', id: 1, room: 'lobby' });
    send({ type: 'leave', id: 2, room: 'lobby' });
    send({ type: 'ping', id: 3 });
    await vi.waitUntil(() => socket.framesOf('joined').length === 2);
    expect(socket.framesOf('joined').map(({ room }) => room)).toEqual(['@all', '@ann']);
    expect(gateway.services.rooms.get('lobby')?.hasMembers()).toBe(false);
  });

  it('is told that a room is stale, also when it joins only then, and that it is fresh again, once', async () => {
    const { rooms } = gateway.services;
    const [early, late] = [gateway.connect('ann'), gateway.connect('bob')];
    early.send({ type: 'join', room: 'lobby', history: 0 });
    await vi.waitUntil(() => early.socket.framesOf('joined').length === 3);
    rooms.showStatus('up', EVERYTHING);
    expect(early.socket.framesOf('fresh')).toEqual([]);
    rooms.showStatus('down', EVERYTHING);
    late.send({ type: 'join', room: 'lobby', history: 0 });
    await vi.waitUntil(() => late.socket.framesOf('joined').length === 3);
    rooms.showStatus('up', EVERYTHING);
    for (const { socket } of [early, late]) {
      expect(socket.framesOf('stale').filter(({ room }) => room === 'lobby')).toHaveLength(1);
      expect(socket.framesOf('fresh').filter(({ room }) => room === 'lobby')).toHaveLength(1);
    }
  });

  it('counts rooms on their way, and not the own ones', () => {
    const { socket, send } = gateway.connect('ann');
    for (const room of ['one', 'two', 'three', '@ann', 'one']) send({ type: 'join', id: room, room });
    expect(socket.framesOf('error')).toMatchObject([{ id: 'three', code: 'limitReached' }]);
  });

  it('leaves every room and book when it closes', async () => {
    const { socket, session, send } = gateway.connect('ann');
    const watcher = gateway.connect('bob');
    watcher.send({ type: 'join', room: 'lobby', presence: true });
    await vi.waitUntil(() => watcher.socket.framesOf('joined').length === 3);
    send({ type: 'join', room: 'lobby' });
    await vi.waitUntil(() => socket.framesOf('joined').length === 3);
    session.closed(1000);
    expect(gateway.services.rooms.get('lobby')?.hasMembers()).toBe(true);
    watcher.session.closed(1000);
    expect(gateway.services.rooms.get('lobby')?.hasMembers()).toBe(false);
    send({ type: 'ping' });
    expect(socket.framesOf('pong')).toEqual([]);
  });

  it('ends with malformed on what is no frame, and lives on after a refused request', () => {
    const { socket, session, send } = gateway.connect('ann');
    send({ type: 'join', id: 7 });
    expect(socket.framesOf('error')).toMatchObject([{ id: 7, code: 'badRequest', retryable: false }]);
    expect(socket.closeCode).toBeUndefined();
    session.received(Buffer.from('{'), false);
    expect(socket.closeCode).toEqual(CLOSE_CODES.malformed);
  });

  it('ends with internalError on a fault of its own, and says nothing of it', async () => {
    const { socket, send } = gateway.connect('ann');
    vi.spyOn(gateway.services.books, 'listInstruments').mockRejectedValueOnce(new Error('secret'));
    send({ type: 'symbols', id: 1 });
    await vi.waitUntil(() => socket.closeCode !== undefined);
    expect(socket.closeCode).toEqual(CLOSE_CODES.internalError);
    expect(socket.wire.join()).not.toContain('secret');
  });

  it('ends with slowConsumer when a frame is lost', () => {
    const { socket, session, send } = gateway.connect('ann');
    socket.outcome = 'dropped';
    send({ type: 'ping' });
    expect(socket.closeCode).toEqual(CLOSE_CODES.slowConsumer);
    const other = gateway.connect('bob');
    other.session.overflowed();
    expect(other.socket.closeCode).toEqual(CLOSE_CODES.slowConsumer);
    expect(session.identity.isGuest).toBe(false);
  });

  it('gives a guest a name before it joins a room, and not after', async () => {
    const { socket, session, send } = gateway.connect('guest-1');
    send({ type: 'auth', id: 1, token: 'ann' });
    await vi.waitUntil(() => socket.framesOf('ack').length === 1);
    expect(session.user).toBe('ann');
    expect(session.memberships.has('@guest-1')).toBe(false);
    expect(session.memberships.has('@ann')).toBe(true);
    const late = gateway.connect('guest-2');
    late.send({ type: 'join', room: 'lobby' });
    late.send({ type: 'auth', id: 1, token: 'bob' });
    await vi.waitUntil(() => late.socket.framesOf('error').length === 1);
    expect(late.socket.framesOf('error')).toMatchObject([{ id: 1, code: 'forbidden' }]);
    expect(late.session.user).toBe('guest-2');
  });
});
