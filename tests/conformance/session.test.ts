import { makeToken } from '@outcry/testkit';
import { describe, expect, test } from 'vitest';

import { connect, ENCODINGS, open, openIn, settle, uniqueName } from './support/clients.ts';
import { OWNS_SERVER, useTarget } from './support/target.ts';

const target = useTarget({ settings: { nodeId: 'gw-test' } });

describe.each(ENCODINGS)('a session begins, %s', (encoding) => {
  test('with welcome, then joined for @all and for the inbox, without ids', async () => {
    const user = uniqueName('user');
    const client = await connect({ url: target.url, encoding, token: user });
    const welcome = await client.next('welcome');
    await client.next({ type: 'joined', room: '@all' });
    await client.next({ type: 'joined', room: `@${user}` });
    expect(client.received[0]).toBe(welcome);
    expect(welcome).toMatchObject({ user, maxFrameBytes: expect.any(Number) as number });
    for (const frame of client.received.slice(1)) expect(frame).toMatchObject({ type: 'joined', recovered: false });
    expect(client.received.slice(1).every((frame) => !('id' in frame))).toBe(true);
    expect(Math.abs(welcome.at - Date.now())).toBeLessThan(60_000);
  });

  test.runIf(OWNS_SERVER)('with a welcome that tells the limits in force', async () => {
    const client = await connect({ url: target.url, encoding });
    expect(await client.next('welcome')).toMatchObject({
      node: 'gw-test',
      heartbeatMs: 25_000,
      resumeWindowMs: 600_000,
      maxFrameBytes: 16_384,
      maxRooms: 128,
      maxSubscriptions: 64,
    });
  });

  test('with a name of its own for each connection', async () => {
    const clients = await Promise.all([1, 2, 3].map(() => connect({ url: target.url, encoding })));
    const names = await Promise.all(clients.map(async (client) => (await client.next('welcome')).connection));
    expect(new Set(names).size).toBe(3);
  });

  test('and takes requests before the rooms are joined', async () => {
    const client = await connect({ url: target.url, encoding });
    const room = uniqueName('room');
    client.send({ type: 'join', id: 1, room, history: 0 });
    client.send({ type: 'ping', id: 2 });
    expect(await client.next({ type: 'pong', id: 2 })).toBeDefined();
    expect(await client.next({ type: 'joined', id: 1 })).toMatchObject({ room });
    expect(client.received[0]).toMatchObject({ type: 'welcome' });
  });
});

describe.each(ENCODINGS)('requests, %s', (encoding) => {
  test.each([0, 7, 2 ** 53 - 1, '', 'seven', 'é'.repeat(32)])('are answered with their id, such as %j', async (id) => {
    const room = uniqueName('room');
    const client = await open({ url: target.url, encoding });
    expect(await client.request({ type: 'ping', id })).toMatchObject({ type: 'pong', id });
    expect(await client.request({ type: 'leave', id, room })).toMatchObject({ type: 'error', id, code: 'notJoined' });
    expect(await client.request({ type: 'join', id, room })).toMatchObject({ type: 'joined', id, room });
    expect(await client.request({ type: 'leave', id, room })).toMatchObject({ type: 'ack', id });
  });

  test('without an id are answered without one', async () => {
    const room = uniqueName('room');
    const client = await open({ url: target.url, encoding });
    client.send({ type: 'ping' });
    expect(await client.next('pong')).not.toHaveProperty('id');
    client.send({ type: 'leave', room });
    expect(await client.next('error')).not.toHaveProperty('id');
    client.send({ type: 'join', room });
    expect(await client.next({ type: 'joined', room })).not.toHaveProperty('id');
    client.send({ type: 'leave', room });
    expect(await client.next('ack')).not.toHaveProperty('id');
  });

  test.runIf(OWNS_SERVER)('of call are refused where no server answers them', async () => {
    const client = await open({ url: target.url, encoding });
    const answer = await client.request({ type: 'call', id: 'c', method: 'orders.place', data: [1] });
    expect(answer).toMatchObject({ type: 'error', id: 'c', code: 'forbidden', retryable: false });
  });

  test.each(['', 'Orders', 'a b', 'x'.repeat(33), 7, undefined])('of call need a method, not %j', async (method) => {
    const client = await open({ url: target.url, encoding });
    const answer = await client.request({ type: 'call', id: 1, method });
    expect(answer).toMatchObject({ type: 'error', id: 1, code: 'badRequest' });
  });

  test('of ping tell the time', async () => {
    const client = await open({ url: target.url, encoding });
    const { at } = await client.expectAnswer('pong', { type: 'ping' });
    expect(Math.abs(at - Date.now())).toBeLessThan(60_000);
  });

  test('may have fields that the server does not know', async () => {
    const client = await open({ url: target.url, encoding });
    if (encoding === 'json') client.send({ type: 'ping', id: 1, colour: 'red', nested: [[{}]] });
    else client.socket.sendBinary(Buffer.of(0x95, 11, 1, 0xa3, 0x72, 0x65, 0x64, 0x91, 0x80, 0xc0));
    expect(await client.next('pong')).toMatchObject({ id: 1 });
  });

  test('may have null where an optional field is absent', async () => {
    const room = uniqueName('room');
    const client = await open({ url: target.url, encoding });
    const request = { type: 'join', id: 1, room, since: null, history: null, echo: null, presence: null };
    expect(await client.request(request)).toMatchObject({ type: 'joined', recovered: false });
  });
});

describe.each(ENCODINGS)('auth, %s', (encoding) => {
  test('gives a guest its user and its inbox', async () => {
    const user = uniqueName('user');
    const guest = await connect({ url: target.url, encoding });
    const { user: name } = await guest.next('welcome');
    await guest.next({ type: 'joined', room: `@${name}` });
    const ack = await guest.expectAnswer('ack', { type: 'auth', token: user });
    expect(ack).toMatchObject({ user });
    // The open authentication's tokens do not expire.
    expect(ack).not.toHaveProperty('expiresAt');
    await guest.next({ type: 'joined', room: `@${user}` });

    const other = await open({ url: target.url, encoding });
    await other.expectAnswer('ack', { type: 'publish', room: `@${user}`, data: 'for you' });
    expect(await guest.next('message')).toMatchObject({ room: `@${user}`, data: 'for you' });
  });

  test('takes the former inbox from a guest', async () => {
    const guest = await connect({ url: target.url, encoding });
    const { user: name } = await guest.next('welcome');
    await guest.next({ type: 'joined', room: `@${name}` });
    await guest.expectAnswer('ack', { type: 'auth', token: uniqueName('user') });
    const other = await open({ url: target.url, encoding });
    await other.expectAnswer('ack', { type: 'publish', room: `@${name}`, data: 1 });
    await settle(guest);
    expect(guest.received.filter(({ type }) => type === 'message')).toEqual([]);
  });

  test('names the user in messages', async () => {
    const [user, room] = [uniqueName('user'), uniqueName('room')];
    const guest = await connect({ url: target.url, encoding });
    await guest.expectAnswer('ack', { type: 'auth', token: user });
    await guest.expectAnswer('joined', { type: 'join', room });
    await guest.expectAnswer('ack', { type: 'publish', room, data: 1 });
    expect(await guest.next('message')).toMatchObject({ room, from: user });
  });

  test('is forbidden to a guest that has joined a room', async () => {
    const guest = await connect({ url: target.url, encoding });
    await guest.expectAnswer('joined', { type: 'join', room: uniqueName('room') });
    expect(await guest.request({ type: 'auth', token: uniqueName('user') })).toMatchObject({ code: 'forbidden' });
  });

  test('refreshes the user that a session has', async () => {
    const user = uniqueName('user');
    const client = await openIn(uniqueName('room'), { url: target.url, encoding, user });
    expect(await client.request({ type: 'auth', token: user })).toMatchObject({ type: 'ack', user });
  });

  test('must not change the user that a session has', async () => {
    const [user, room] = [uniqueName('user'), uniqueName('room')];
    const client = await openIn(room, { url: target.url, encoding, user });
    expect(await client.request({ type: 'auth', token: uniqueName('user') })).toMatchObject({ code: 'forbidden' });
    await client.expectAnswer('ack', { type: 'publish', room, data: 1 });
    expect(await client.next('message')).toMatchObject({ from: user });
  });

  test.each(['all', 'not a name ', 'a*', 'x'.repeat(129)])(
    'refuses the token %s, and the session keeps what it had',
    async (token) => {
      const guest = await connect({ url: target.url, encoding });
      const { user } = await guest.next('welcome');
      expect(await guest.request({ type: 'auth', token })).toMatchObject({ type: 'error', code: 'unauthenticated' });
      const room = uniqueName('room');
      await guest.expectAnswer('joined', { type: 'join', room });
      await guest.expectAnswer('ack', { type: 'publish', room, data: 1 });
      expect(await guest.next('message')).toMatchObject({ from: user });
    },
  );
});

describe.runIf(OWNS_SERVER)('a newer token that gives fewer rights', () => {
  const SECRET = 'a-secret-of-at-least-thirty-two-characters';
  const strict = useTarget({ settings: { authSecret: SECRET } });

  test.each(ENCODINGS)('ends memberships, and says of which rooms before the ack, %s', async (encoding) => {
    const tokenFor = (...rooms: readonly string[]): string =>
      makeToken(SECRET, { claims: { rooms: Object.fromEntries(rooms.map((room) => [room, ['read', 'write']])) } });
    const client = await connect({ url: strict.url, encoding, token: tokenFor('kept', 'lost') });
    for (const room of ['kept', 'lost']) await client.expectAnswer('joined', { type: 'join', room });
    client.send({ type: 'auth', id: 'newer', token: tokenFor('kept') });
    const error = await client.next('error');
    expect(error).toMatchObject({ code: 'forbidden', room: 'lost', retryable: false });
    expect(error.id).toBeUndefined();
    await client.next('ack');
    await client.expectAnswer('ack', { type: 'publish', room: 'kept', data: 1 });
    const refusal = await client.request({ type: 'publish', room: 'lost', data: 1 });
    expect(refusal).toMatchObject({ type: 'error', code: 'forbidden' });
    expect('room' in refusal).toBe(false);
  });
});
