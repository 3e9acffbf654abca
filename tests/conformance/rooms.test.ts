import { encode } from '@msgpack/msgpack';
import type { RawClient } from '@outcry/testkit';
import { describe, expect, test } from 'vitest';

import { ENCODINGS, open, openIn, settle, uniqueName } from './support/clients.ts';
import { useTarget } from './support/target.ts';

const target = useTarget();

describe.each(ENCODINGS)('publish, %s', (encoding) => {
  test('reaches every member with the position of the ack, in both encodings', async () => {
    const [room, user] = [uniqueName('room'), uniqueName('user')];
    const publisher = await openIn(room, { url: target.url, encoding, user });
    const members = await Promise.all(ENCODINGS.map((other) => openIn(room, { url: target.url, encoding: other })));
    const data = { text: 'é€😀 "quoted" \\ \n', list: [1, -1, 1.5, true, null, { a: [] }], big: 2 ** 53 - 1 };
    const before = Date.now();
    const ack = await publisher.expectAnswer('ack', { type: 'publish', room, data });
    expect(ack).toMatchObject({ epoch: expect.stringMatching(/./) as string, seq: 1 });
    for (const client of [publisher, ...members]) {
      const message = await client.next('message');
      expect(message).toEqual({ type: 'message', room, from: user, at: message.at, data, seq: 1 });
      expect(Math.abs(message.at - before)).toBeLessThan(60_000);
    }
  });

  test('numbers the messages of a room from its head on, without a hole', async () => {
    const room = uniqueName('room');
    const client = await open({ url: target.url, encoding });
    const joined = await client.expectAnswer('joined', { type: 'join', room });
    expect(joined.seq).toBe(0);
    for (let seq = 1; seq <= 5; seq++) {
      expect(await client.request({ type: 'publish', room, data: seq })).toMatchObject({ epoch: joined.epoch, seq });
      expect(await client.next('message')).toMatchObject({ data: seq, seq });
    }
  });

  test('may be of null', async () => {
    const room = uniqueName('room');
    const client = await openIn(room, { url: target.url, encoding });
    await client.expectAnswer('ack', { type: 'publish', room, data: null });
    expect(await client.next('message')).toMatchObject({ data: null });
  });

  test.each([
    ['that is sampled', `00-${'4b'.repeat(16)}-${'0f'.repeat(8)}-01`],
    ['that is not', `00-${'4b'.repeat(16)}-${'0f'.repeat(8)}-00`],
    ['that is none', 'a trace'],
    ['that is empty', ''],
  ])('with a traceparent %s is published like any other', async (_, traceparent) => {
    const room = uniqueName('room');
    const client = await openIn(room, { url: target.url, encoding });
    await client.expectAnswer('ack', { type: 'publish', room, data: 1, traceparent });
    const { traceparent: told, ...message } = await client.next('message');
    expect(message).toMatchObject({ data: 1, seq: 1 });
    // Gateways that record traces say where the message stands in its own.
    if (told !== undefined) expect(told).toMatch(new RegExp(`^00-${'4b'.repeat(16)}-[0-9a-f]{16}-01$`));
  });

  test('with a key that was used is answered with the first position and publishes nothing', async () => {
    const [room, key] = [uniqueName('room'), uniqueName('key')];
    const user = uniqueName('user');
    const client = await openIn(room, { url: target.url, encoding, user });
    const again = await openIn(room, { url: target.url, encoding, user });
    const first = await client.expectAnswer('ack', { type: 'publish', room, data: 'first', key });
    await client.expectAnswer('ack', { type: 'publish', room, data: 'between' });
    for (const session of [client, again]) {
      const repeated = await session.expectAnswer('ack', { type: 'publish', room, data: 'again', key });
      expect([repeated.epoch, repeated.seq]).toEqual([first.epoch, first.seq]);
    }
    const last = await client.expectAnswer('ack', { type: 'publish', room, data: 'last' });
    expect(last.seq).toBe(3);
    expect(await messagesUntil(again, 3)).toEqual(['first', 'between', 'last']);
  });

  test('with the key of another user is a message of its own', async () => {
    const [room, key] = [uniqueName('room'), uniqueName('key')];
    const clients = await Promise.all([1, 2].map(() => openIn(room, { url: target.url, encoding })));
    for (const [index, client] of clients.entries()) {
      expect(await client.request({ type: 'publish', room, data: index, key })).toMatchObject({ seq: index + 1 });
    }
  });

  test('takes keys of 64 printable characters', async () => {
    const room = uniqueName('room');
    const client = await openIn(room, { url: target.url, encoding });
    const key = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~'.padEnd(64, 'x');
    const request = { type: 'publish', room, data: 1, key };
    expect(await client.request(request)).toMatchObject({ type: 'ack', seq: 1 });
    expect(await client.request(request)).toMatchObject({ type: 'ack', seq: 1 });
  });

  test('needs membership', async () => {
    const client = await open({ url: target.url, encoding });
    const answer = await client.request({ type: 'publish', room: uniqueName('room'), data: 1 });
    expect(answer).toMatchObject({ type: 'error', code: 'notJoined', retryable: false });
  });
});

describe('payloads', () => {
  test('reach msgpack members byte for byte as they were sent', async () => {
    const room = uniqueName('room');
    const [publisher, member] = await Promise.all(
      [1, 2].map(() => openIn(room, { url: target.url, encoding: 'msgpack' })),
    );
    // Not in their shortest form, with duplicate keys, a float of four bytes and a binary value: any encoder would change them.
    const payload = Buffer.from(
      'de0005a16101a16102d90162ca3fc00000a163dc0002cd0001d3ffffffffffffffffa164c403ff0001',
      'hex',
    );
    publisher?.socket.sendBinary(Buffer.concat([Buffer.of(0x94, 4, 1), encode(room), payload]));
    const message = await member?.next('message');
    expect(message?.data).toEqual({ a: 2, b: 1.5, c: [1, -1], d: new Uint8Array([0xff, 0, 1]) });
    if (message !== undefined) expect(member?.bytesOf(message).subarray(-9 - payload.length, -9)).toEqual(payload);
  });

  test('with binary values reach JSON members as base64', async () => {
    const room = uniqueName('room');
    const publisher = await openIn(room, { url: target.url, encoding: 'msgpack' });
    const member = await openIn(room, { url: target.url, encoding: 'json' });
    await publisher.expectAnswer('ack', { type: 'publish', room, data: { file: new Uint8Array([0xff, 0, 1]) } });
    expect(await member.next('message')).toMatchObject({ data: { file: '/wAB' } });
  });

  test('of 64-bit integers arrive exactly', async () => {
    const room = uniqueName('room');
    const data = [2 ** 53 - 1, -(2 ** 53) + 1, 2 ** 32, -(2 ** 31) - 1];
    const clients = await Promise.all(ENCODINGS.map((encoding) => openIn(room, { url: target.url, encoding })));
    for (const client of clients) await client.expectAnswer('ack', { type: 'publish', room, data });
    for (const client of clients) {
      expect((await client.next('message')).data).toEqual(data);
      expect((await client.next('message')).data).toEqual(data);
    }
  });
});

describe.each(ENCODINGS)('join, %s', (encoding) => {
  test('replays the newest messages, by default 50 of them, and then live ones', async () => {
    const room = uniqueName('room');
    const publisher = await openIn(room, { url: target.url, encoding });
    await publishAll(publisher, room, 60);
    const member = await open({ url: target.url, encoding });
    const joined = await member.expectAnswer('joined', { type: 'join', room });
    expect(joined).toMatchObject({ room, recovered: false, seq: 10 });
    await publisher.expectAnswer('ack', { type: 'publish', room, data: 61 });
    expect(await messagesUntil(member, 61)).toEqual(range(11, 61));
    expect(member.received.indexOf(joined)).toBeLessThan(member.received.findIndex(({ type }) => type === 'message'));
  });

  test.each([
    [0, []],
    [3, [8, 9, 10]],
    [10, range(1, 10)],
    [1_000_000, range(1, 10)],
  ])('replays %i messages where so many are asked for', async (history, expected) => {
    const room = uniqueName('room');
    const publisher = await openIn(room, { url: target.url, encoding });
    await publishAll(publisher, room, 10);
    const member = await open({ url: target.url, encoding });
    const joined = await member.expectAnswer('joined', { type: 'join', room, history });
    expect(joined.seq).toBe(10 - expected.length);
    await publisher.expectAnswer('ack', { type: 'publish', room, data: 'live' });
    expect(await messagesUntil(member, 11)).toEqual([...expected, 'live']);
  });

  test('with since replays everything after it, whatever history says', async () => {
    const room = uniqueName('room');
    const publisher = await openIn(room, { url: target.url, encoding });
    const { epoch } = await publishAll(publisher, room, 80);
    const member = await open({ url: target.url, encoding });
    const since = { epoch, seq: 5 };
    const joined = await member.expectAnswer('joined', { type: 'join', room, since, history: 2 });
    expect(joined).toMatchObject({ epoch, recovered: true, seq: 5 });
    expect(await messagesUntil(member, 80)).toEqual(range(6, 80));
  });

  test('with since at the head replays nothing', async () => {
    const room = uniqueName('room');
    const publisher = await openIn(room, { url: target.url, encoding });
    const { epoch } = await publishAll(publisher, room, 3);
    const member = await open({ url: target.url, encoding });
    const joined = await member.expectAnswer('joined', { type: 'join', room, since: { epoch, seq: 3 } });
    expect(joined).toMatchObject({ epoch, recovered: true, seq: 3 });
    await publisher.expectAnswer('ack', { type: 'publish', room, data: 4 });
    expect(await messagesUntil(member, 4)).toEqual([4]);
  });

  test('with since of another epoch is as without since', async () => {
    const room = uniqueName('room');
    const publisher = await openIn(room, { url: target.url, encoding });
    const { epoch } = await publishAll(publisher, room, 4);
    const member = await open({ url: target.url, encoding });
    const joined = await member.expectAnswer('joined', {
      type: 'join',
      room,
      since: { epoch: `${epoch}x`, seq: 2 },
      history: 2,
    });
    expect(joined).toMatchObject({ epoch, recovered: false, seq: 2 });
    expect(await messagesUntil(member, 4)).toEqual([3, 4]);
  });

  test('with since past the head replays nothing, and says by reset where the room is', async () => {
    const room = uniqueName('room');
    const publisher = await openIn(room, { url: target.url, encoding });
    const { epoch } = await publishAll(publisher, room, 4);
    const member = await open({ url: target.url, encoding });
    const since = { epoch, seq: 99 };
    const joined = await member.expectAnswer('joined', { type: 'join', room, since, history: 2 });
    expect(joined).toMatchObject({ epoch, recovered: false, seq: 4 });
    expect(await member.next('reset')).toMatchObject({ room, epoch, seq: 4 });
    await publisher.expectAnswer('ack', { type: 'publish', room, data: 'live' });
    expect(await member.next('message')).toMatchObject({ data: 'live', seq: 5 });
  });

  test('again starts the room again, and replaces echo and presence', async () => {
    const room = uniqueName('room');
    const publisher = await openIn(room, { url: target.url, encoding });
    const client = await openIn(room, { url: target.url, encoding });
    const { epoch } = await publishAll(publisher, room, 3);
    await messagesUntil(client, 3);
    await client.expectAnswer('ack', { type: 'publish', room, data: 'own' });
    await client.next('message');
    const since = { epoch, seq: 1 };
    const joined = await client.expectAnswer('joined', { type: 'join', room, since, echo: false, presence: true });
    expect(joined).toMatchObject({ recovered: true, seq: 1, members: 2 });
    expect(await messagesUntil(client, 3)).toEqual([2, 3]);
    const witness = await openIn(room, { url: target.url, encoding });
    await client.expectAnswer('ack', { type: 'publish', room, data: 'mine' });
    // An ack may come before its message does: only now is the message known to be behind us.
    await witness.next('message');

    const again = await client.expectAnswer('joined', { type: 'join', room, history: 0 });
    expect(again).toMatchObject({ recovered: false, seq: 5 });
    expect(again).not.toHaveProperty('members');
    await client.expectAnswer('ack', { type: 'publish', room, data: 'echoed' });
    expect(await client.next('message')).toMatchObject({ data: 'echoed', seq: 6 });
  });

  test('with echo false leaves out own messages, and only those', async () => {
    const [room, user] = [uniqueName('room'), uniqueName('user')];
    const silent = await open({ url: target.url, encoding, user });
    const sameUser = await openIn(room, { url: target.url, encoding, user });
    await silent.expectAnswer('joined', { type: 'join', room, echo: false });
    await silent.expectAnswer('ack', { type: 'publish', room, data: 'mine' });
    await sameUser.expectAnswer('ack', { type: 'publish', room, data: 'of my other connection' });
    expect(await silent.next('message')).toMatchObject({ data: 'of my other connection', seq: 2 });
    expect(await sameUser.next('message')).toMatchObject({ data: 'mine', seq: 1 });
  });
});

describe.each(ENCODINGS)('leave, %s', (encoding) => {
  test('ends the messages of a room', async () => {
    const room = uniqueName('room');
    const [member, publisher] = await Promise.all([1, 2].map(() => openIn(room, { url: target.url, encoding })));
    if (member === undefined || publisher === undefined) throw new Error('no clients');
    await member.expectAnswer('ack', { type: 'leave', room });
    await publisher.expectAnswer('ack', { type: 'publish', room, data: 1 });
    await publisher.next('message');
    await settle(member);
    expect(member.untaken).toEqual([]);
    expect(await member.request({ type: 'publish', room, data: 1 })).toMatchObject({ code: 'notJoined' });
  });

  test('of a room that is not joined is an error', async () => {
    const client = await open({ url: target.url, encoding });
    expect(await client.request({ type: 'leave', room: uniqueName('room') })).toMatchObject({ code: 'notJoined' });
  });
});

describe.each(ENCODINGS)('signal, %s', (encoding) => {
  test('reaches the other connections in the room, in both encodings, and is not answered', async () => {
    const [room, user] = [uniqueName('room'), uniqueName('user')];
    const sender = await openIn(room, { url: target.url, encoding, user });
    const others = await Promise.all(
      ENCODINGS.map((other) => openIn(room, { url: target.url, encoding: other, user })),
    );
    sender.send({ type: 'signal', id: 1, room, name: 'typing', data: { at: 3 } });
    sender.send({ type: 'signal', room, name: 'x' });
    for (const other of others) {
      const data = { at: 3 };
      expect(await other.next('signal')).toEqual({ type: 'signal', room, from: user, name: 'typing', data });
      expect(await other.next('signal')).toEqual({ type: 'signal', room, from: user, name: 'x' });
    }
    await settle(sender);
    expect(sender.untaken).toEqual([]);
  });

  test('is neither numbered nor stored', async () => {
    const room = uniqueName('room');
    const sender = await openIn(room, { url: target.url, encoding });
    sender.send({ type: 'signal', room, name: 'typing' });
    expect(await sender.request({ type: 'publish', room, data: 1 })).toMatchObject({ seq: 1 });
    const late = await open({ url: target.url, encoding });
    await late.expectAnswer('joined', { type: 'join', room });
    expect(await messagesUntil(late, 1)).toEqual([1]);
    expect(late.received.some(({ type }) => type === 'signal')).toBe(false);
  });

  test('needs membership', async () => {
    const client = await open({ url: target.url, encoding });
    const request = { type: 'signal', room: uniqueName('room'), name: 'typing' };
    expect(await client.request(request)).toMatchObject({ type: 'error', code: 'notJoined' });
  });
});

describe.each(ENCODINGS)('members, %s', (encoding) => {
  test('counts users, and the connections of each', async () => {
    const [room, ann, bob] = [uniqueName('room'), uniqueName('ann'), uniqueName('bob')];
    const clients = [
      await openIn(room, { url: target.url, encoding, user: ann }),
      await openIn(room, { url: target.url, encoding, user: ann }),
      await openIn(room, { url: target.url, encoding, user: bob }),
    ];
    const ack = await clients[2]?.expectAnswer('ack', { type: 'members', room });
    expect(ack?.count).toBe(2);
    expect([...(ack?.members ?? [])].sort((a, b) => a.user.localeCompare(b.user))).toEqual([
      { user: ann, connections: 2 },
      { user: bob, connections: 1 },
    ]);
  });

  test('needs membership', async () => {
    const client = await open({ url: target.url, encoding });
    expect(await client.request({ type: 'members', room: uniqueName('room') })).toMatchObject({ code: 'notJoined' });
  });
});

describe.each(ENCODINGS)('member frames, %s', (encoding) => {
  test("tell of a user's first connection and of its last, where presence was asked for", async () => {
    const [room, user] = [uniqueName('room'), uniqueName('user')];
    const watcher = await open({ url: target.url, encoding });
    const plain = await openIn(room, { url: target.url, encoding });
    const joined = await watcher.expectAnswer('joined', { type: 'join', room, presence: true });
    expect(joined.members).toBe(2);

    const first = await openIn(room, { url: target.url, encoding, user });
    expect(await watcher.next({ type: 'member', user })).toEqual({
      type: 'member',
      room,
      user,
      change: 'joined',
      count: 3,
    });
    const second = await openIn(room, { url: target.url, encoding, user });
    await first.expectAnswer('ack', { type: 'leave', room });
    await second.expectAnswer('ack', { type: 'leave', room });
    expect(await watcher.next({ type: 'member', user })).toEqual({
      type: 'member',
      room,
      user,
      change: 'left',
      count: 2,
    });
    await settle(plain);
    expect(plain.received.some(({ type }) => type === 'member')).toBe(false);
  });

  test('say that a user has left when the last connection has been closed for 5 s, and nothing when it is back by then', async () => {
    const [room, user] = [uniqueName('room'), uniqueName('user')];
    const watcher = await open({ url: target.url, encoding });
    await watcher.expectAnswer('joined', { type: 'join', room, presence: true });
    const first = await openIn(room, { url: target.url, encoding, user });
    expect(await watcher.next({ type: 'member', user })).toMatchObject({ change: 'joined', count: 2 });
    await first.close();
    const back = await openIn(room, { url: target.url, encoding, user });
    const closingAt = performance.now();
    await back.close();
    expect(await watcher.next({ type: 'member', user })).toMatchObject({ change: 'left', count: 1 });
    expect(performance.now() - closingAt).toBeGreaterThan(4900);
  });
});

describe.each(ENCODINGS)('history, %s', (encoding) => {
  test('gives the newest messages, oldest first, and the head', async () => {
    const room = uniqueName('room');
    const client = await openIn(room, { url: target.url, encoding });
    const { epoch } = await publishAll(client, room, 8);
    const ack = await client.expectAnswer('ack', { type: 'history', room, limit: 3 });
    expect(ack).toMatchObject({ epoch, seq: 8 });
    expect(ack.messages?.map(({ seq, data }) => [seq, data])).toEqual([
      [6, 6],
      [7, 7],
      [8, 8],
    ]);
    for (const message of ack.messages ?? []) expect(message).toMatchObject({ type: 'message', room });
  });

  test('gives those before a seq', async () => {
    const room = uniqueName('room');
    const client = await openIn(room, { url: target.url, encoding });
    await publishAll(client, room, 8);
    const ack = await client.expectAnswer('ack', { type: 'history', room, before: 4, limit: 1000 });
    expect(ack.messages?.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(ack.seq).toBe(8);
    const none = await client.expectAnswer('ack', { type: 'history', room, before: 1, limit: 10 });
    expect(none.messages).toEqual([]);
  });

  test('of a room without messages is empty', async () => {
    const room = uniqueName('room');
    const client = await openIn(room, { url: target.url, encoding });
    const ack = await client.expectAnswer('ack', { type: 'history', room, limit: 10 });
    expect(ack).toMatchObject({ messages: [], seq: 0 });
  });

  test.each([0, 1001])('refuses the limit %i', async (limit) => {
    const room = uniqueName('room');
    const client = await openIn(room, { url: target.url, encoding });
    expect(await client.request({ type: 'history', room, limit })).toMatchObject({ code: 'badRequest' });
  });

  test('needs membership', async () => {
    const client = await open({ url: target.url, encoding });
    const request = { type: 'history', room: uniqueName('room'), limit: 1 };
    expect(await client.request(request)).toMatchObject({ code: 'notJoined' });
  });
});

/**
 * Publishes 1, 2, … and gives the room's epoch. The client is a member: once it has its own last message, the messages are
 * behind everybody on this node, which an ack alone does not say.
 */
async function publishAll(client: RawClient, room: string, count: number): Promise<{ epoch: string }> {
  const acks = await Promise.all(
    range(1, count).map((data) => client.expectAnswer('ack', { type: 'publish', room, data })),
  );
  await messagesUntil(client, Math.max(...acks.map(({ seq = 0 }) => seq)));
  return { epoch: acks[0]?.epoch ?? '' };
}

/** What the messages say, taken up to the one with this seq. */
async function messagesUntil(client: RawClient, lastSeq: number): Promise<unknown[]> {
  const data: unknown[] = [];
  for (;;) {
    const message = await client.next('message');
    data.push(message.data);
    if (message.seq >= lastSeq) return data;
  }
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}
