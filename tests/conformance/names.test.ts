import type { RawClient, WireEncoding } from '@outcry/testkit';
import { describe, expect, test } from 'vitest';

import { connect, ENCODINGS, open, openIn, settle, uniqueName } from './support/clients.ts';
import { useTarget } from './support/target.ts';

const target = useTarget();

/** Names of users and rooms, and of what else means something to somebody. Each is made unique by what it begins with. */
const NAMES: readonly string[] = [
  'Ann',
  'auth0|5f7c8ec7c33c6c004bbafe82',
  'ann@example.org',
  '8f14e45f_Ceea',
  'Room1',
  'news/Sports',
  'комната',
  'غرفة 部屋 👩‍🚀',
  'Lee, Ann "Annie"',
  '<script>alert(1)</script>',
  'a{b}[c]?#+$%2F\\',
  "'; DROP TABLE rooms; --",
  '../../etc/passwd',
];

/** A name that no other test uses, whatever it ends with. */
function uniquely(name: string): string {
  return `${uniqueName('n')}/${name}`;
}

describe.each(ENCODINGS)('names of the world, %s', (encoding) => {
  test.each(NAMES)('may be those of a room: %s', async (name) => {
    const room = uniquely(name);
    const other: WireEncoding = encoding === 'json' ? 'msgpack' : 'json';
    const member = await openIn(room, { url: target.url, encoding: other });
    const client = await open({ url: target.url, encoding });
    const joined = await client.expectAnswer('joined', { type: 'join', room, presence: true });
    expect(joined.room).toBe(room);
    await client.expectAnswer('ack', { type: 'publish', room, data: name, key: 'k' });
    for (const reader of [client, member]) expect(await reader.next('message')).toMatchObject({ room, data: name });
    const { messages } = await client.expectAnswer('ack', { type: 'history', room, limit: 10 });
    expect(messages).toMatchObject([{ room, data: name, seq: 1 }]);
    client.send({ type: 'signal', room, name: 'typing' });
    expect(await member.next('signal')).toMatchObject({ room, name: 'typing' });
    expect((await client.expectAnswer('ack', { type: 'members', room })).count).toBe(2);
    await client.expectAnswer('ack', { type: 'leave', room });
  });

  test.each(NAMES)('may be those of a user: %s', async (name) => {
    const user = uniquely(name);
    const client = await enter(user, encoding);
    const room = uniqueName('room');
    const member = await open({ url: target.url, encoding });
    await member.expectAnswer('joined', { type: 'join', room, presence: true });
    await client.expectAnswer('joined', { type: 'join', room });
    expect(await member.next({ type: 'member', user })).toMatchObject({ room, change: 'joined', count: 2 });
    const { members } = await member.expectAnswer('ack', { type: 'members', room });
    expect(members?.map((entry) => entry.user)).toContain(user);
    await client.expectAnswer('ack', { type: 'publish', room, data: 1, key: 'k' });
    expect(await member.next('message')).toMatchObject({ from: user, data: 1 });
    await member.expectAnswer('ack', { type: 'publish', room: `@${user}`, data: 'psst' });
    expect(await client.next({ type: 'message', room: `@${user}` })).toMatchObject({ data: 'psst' });
  });

  test('are kept as they are: case, and what only looks alike, make others of them', async () => {
    const start = uniqueName('n');
    const rooms = ['Lobby', 'lobby', 'LOBBY', 'lоbby', 'lobby/', 'lobby/#', 'lobby/+', 'lobby%2F'].map(
      (name) => `${start}/${name}`,
    );
    const clients = await Promise.all(rooms.map((room) => openIn(room, { url: target.url, encoding })));
    const sender = await open({ url: target.url, encoding });
    for (const room of rooms) {
      await sender.expectAnswer('joined', { type: 'join', room, echo: false });
      await sender.expectAnswer('ack', { type: 'publish', room, data: room, key: 'the-same' });
    }
    for (const [i, client] of clients.entries()) {
      expect(await client.next('message')).toMatchObject({ room: rooms[i], data: rooms[i], seq: 1 });
      await settle(client);
      expect(client.untaken).toEqual([]);
    }
  });

  test.each([
    ['a star', 'a*'],
    ['a star in an inbox', '@a*'],
    ['a control character', 'a\u0000b'],
    ['a line feed', 'a\nb'],
    ['a separator of lines', 'a\u2028b'],
    ['an override of direction', 'a\u202eb'],
    ['a space of no width', 'a\u200bb'],
    ['a joiner that joins nothing', 'a\u200db'],
    ['a space at the end', 'a '],
    ['another form than NFC', 'e\u0301'],
    ['129 bytes', `${'é'.repeat(64)}x`],
    ['an inbox of a user of 129 bytes', `@${'é'.repeat(64)}x`],
    ['nothing', ''],
    ['nothing but an @', '@'],
  ])('have no %s: %j', async (_, room) => {
    const client = await open({ url: target.url, encoding });
    const refusal = await client.expectAnswer('error', { type: 'join', room });
    expect(refusal).toMatchObject({ code: 'badRequest', retryable: false });
    expect(refusal.message).toMatch(/^room: expected /);
    await settle(client);
  });

  test('may have as many bytes as are allowed, an inbox one more', async () => {
    const user = fill(uniqueName('n'), 128);
    const client = await enter(user, encoding);
    await client.expectAnswer('joined', { type: 'join', room: user });
  });
});

/** Comes in as a guest, and takes on a name that no subprotocol could carry. */
async function enter(user: string, encoding: WireEncoding): Promise<RawClient> {
  const client = await connect({ url: target.url, encoding });
  await client.next('welcome');
  expect(await client.expectAnswer('ack', { type: 'auth', token: user })).toMatchObject({ user });
  await client.next({ type: 'joined', room: `@${user}` });
  return client;
}

/** A name of exactly so many bytes. */
function fill(name: string, bytes: number): string {
  const wide = '部'.repeat(Math.floor((bytes - name.length) / 3));
  return `${name}${wide}${'x'.repeat(bytes - Buffer.byteLength(name + wide))}`;
}
