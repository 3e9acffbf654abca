import { makeToken } from '@outcry/testkit';
import { describe, expect, test } from 'vitest';

import { connect, ENCODINGS, settle, uniqueName } from './support/clients.ts';
import { OWNS_SERVER, useTarget } from './support/target.ts';

const SECRET = 'a-secret-of-at-least-thirty-two-characters';
const ALL_RIGHTS = { '*': ['read', 'write', 'signal', 'presence'] };

const target = useTarget({ settings: { authSecret: SECRET, authInfoClaims: 'name,picture' } });

/** A session of somebody of whom a token says so much. */
async function openAs(sub: string, claims: object, encoding: (typeof ENCODINGS)[number]) {
  const token = makeToken(SECRET, { sub, claims: { rooms: ALL_RIGHTS, ...claims } });
  const client = await connect({ url: target.url, encoding, token });
  await client.next({ type: 'joined', room: `@${sub}` });
  return client;
}

describe.runIf(OWNS_SERVER).each(ENCODINGS)('what a token says of its user, %s', (encoding) => {
  const info = { name: 'Ann "Lee" <b>', picture: 'https://img.example/ann.png' };
  const claims = { ...info, email: 'ann@example.org' };

  test('is in the messages of those who ask for it, live, replayed and of the past, and of nobody else', async () => {
    const [room, ann] = [uniqueName('room'), uniqueName('ann')];
    const speaker = await openAs(ann, claims, encoding);
    const listeners = await Promise.all(
      ENCODINGS.flatMap((other) => [true, false].map((wants) => [other, wants] as const)).map(
        async ([other, wants]) => {
          const client = await openAs(uniqueName('bob'), {}, other);
          await client.expectAnswer('joined', { type: 'join', room, info: wants });
          return { client, wants };
        },
      ),
    );
    await speaker.expectAnswer('joined', { type: 'join', room, echo: false });
    const { seq } = await speaker.expectAnswer('ack', { type: 'publish', room, data: 'hi' });
    for (const { client, wants } of listeners) {
      const live = await client.next('message');
      expect(live).toMatchObject({ from: ann, data: 'hi', seq });
      expect(live.info).toEqual(wants ? info : undefined);
      await client.expectAnswer('joined', { type: 'join', room, history: 1, info: wants });
      expect((await client.next('message')).info).toEqual(wants ? info : undefined);
      const past = await client.expectAnswer('ack', { type: 'history', room, limit: 1, info: wants });
      expect(past.messages?.map((message) => message.info)).toEqual([wants ? info : undefined]);
    }
  });

  test('is what members see of each other', async () => {
    const [room, ann, bob] = [uniqueName('room'), uniqueName('ann'), uniqueName('bob')];
    const watcher = await openAs(bob, {}, encoding);
    await watcher.expectAnswer('joined', { type: 'join', room, presence: true });
    const came = await openAs(ann, claims, encoding);
    await came.expectAnswer('joined', { type: 'join', room });
    expect(await watcher.next({ type: 'member', user: ann })).toMatchObject({ change: 'joined', info });
    const { members } = await watcher.expectAnswer('ack', { type: 'members', room });
    expect(members?.toSorted((a, b) => a.user.localeCompare(b.user))).toEqual([
      { user: ann, connections: 1, info },
      { user: bob, connections: 1 },
    ]);
  });

  test('is what the newest token says, from then on', async () => {
    const [room, ann] = [uniqueName('room'), uniqueName('ann')];
    const client = await openAs(ann, claims, encoding);
    await client.expectAnswer('joined', { type: 'join', room, info: true });
    const newer = makeToken(SECRET, { sub: ann, claims: { rooms: ALL_RIGHTS, name: 'Ann Other' } });
    await client.expectAnswer('ack', { type: 'auth', token: newer });
    await client.expectAnswer('ack', { type: 'publish', room, data: 1 });
    expect((await client.next('message')).info).toEqual({ name: 'Ann Other' });
    const { members } = await client.expectAnswer('ack', { type: 'members', room });
    expect(members).toEqual([{ user: ann, connections: 1, info: { name: 'Ann Other' } }]);
  });

  test('is no more than 1,024 bytes: a claim that does not fit is left out, and the session goes on', async () => {
    const [room, ann] = [uniqueName('room'), uniqueName('ann')];
    const client = await openAs(ann, { name: 'Ann', picture: `https://img.example/${'x'.repeat(1000)}` }, encoding);
    await client.expectAnswer('joined', { type: 'join', room, info: true });
    await client.expectAnswer('ack', { type: 'publish', room, data: 1 });
    expect((await client.next('message')).info).toEqual({ name: 'Ann' });
    await settle(client);
  });
});
