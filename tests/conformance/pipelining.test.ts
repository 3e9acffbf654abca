import { makeToken, type RawClient } from '@outcry/testkit';
import { describe, expect, test } from 'vitest';

import { connect, ENCODINGS, open, settle, uniqueName } from './support/clients.ts';
import { OWNS_SERVER, useTarget } from './support/target.ts';

const target = useTarget();
const SECRET = 'a-secret-of-at-least-thirty-two-characters';
const MESSAGES = Array.from({ length: 20 }, (_, i) => `message ${String(i)}`);

describe.each(ENCODINGS)('a client that waits for nothing, %s', (encoding) => {
  test('joins, publishes and asks for the past before it is welcome, and hears each message once, in order', async () => {
    const client = await connect({ url: target.url, encoding, token: uniqueName('user') });
    await expectConversation(client);
  });

  test('is told of each request by itself, where the join is refused', async () => {
    const client = await open({ url: target.url, encoding });
    const room = `@${uniqueName('stranger')}`;
    const answers = await Promise.all([
      client.request({ type: 'join', id: 'join', room }),
      client.request({ type: 'history', id: 'history', room, limit: 1 }),
      client.request({ type: 'leave', id: 'leave', room }),
    ]);
    expect(answers.map((answer) => [answer.type, 'code' in answer && answer.code])).toEqual([
      ['error', 'forbidden'],
      ['error', 'notJoined'],
      ['error', 'notJoined'],
    ]);
    await settle(client);
  });
});

describe.runIf(OWNS_SERVER)('a client that waits for nothing, where a token is due', () => {
  const locked = useTarget({ settings: { authSecret: SECRET } });

  test.each(ENCODINGS)('may do so behind its auth, %s', async (encoding) => {
    const client = await connect({ url: locked.url, encoding });
    const rooms = { '*': ['read', 'write'] };
    client.send({ type: 'auth', id: 'who', token: makeToken(SECRET, { claims: { rooms } }) });
    await expectConversation(client);
    expect(client.received).toContainEqual(expect.objectContaining({ type: 'ack', id: 'who' }));
  });
});

/** Sends a whole conversation at once, and takes what must come of it. */
async function expectConversation(client: RawClient): Promise<void> {
  const room = uniqueName('room');
  client.send({ type: 'join', id: 'join', room, history: 50 });
  MESSAGES.forEach((data, i) => {
    client.send({ type: 'publish', id: `publish ${String(i)}`, room, data });
  });
  client.send({ type: 'history', id: 'history', room, limit: 50 });
  client.send({ type: 'leave', id: 'leave elsewhere', room: uniqueName('room') });
  const joined = await client.next({ type: 'joined', room });
  expect(joined).toMatchObject({ id: 'join', recovered: false });
  for (let i = 0; i < MESSAGES.length; i++) {
    expect(await client.next({ type: 'ack', id: `publish ${String(i)}` })).toMatchObject({ seq: i + 1 });
    expect(await client.next('message')).toMatchObject({ room, data: MESSAGES[i], seq: i + 1 });
  }
  expect(await client.next({ type: 'ack', id: 'history' })).toMatchObject({ epoch: joined.epoch });
  expect(await client.next({ type: 'error', id: 'leave elsewhere' })).toMatchObject({ code: 'notJoined' });
  await settle(client);
  expect(client.untaken.filter(({ type }) => type === 'message')).toEqual([]);
  expect(client.received[0]?.type).toBe('welcome');
}
