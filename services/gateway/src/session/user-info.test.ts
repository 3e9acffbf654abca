import { encodePayload } from '@outcry/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { type Identity, identityOf } from '../identity/identity.ts';
import { createTestGateway, type TestClient, type TestGateway } from '../testing/create-services.ts';

const UNLIMITED = { bytesPerUser: 0, bytesPerAddress: 0, roomsPerUser: 0, roomsPerAddress: 0 };

function known(user: string, info?: unknown): Identity {
  const identity = identityOf(user, { isGuest: false });
  return info === undefined ? identity : { ...identity, info: encodePayload(info) };
}

describe('what is known of a user', () => {
  let gateway: TestGateway;
  let ann: TestClient;
  let bob: TestClient;
  let carl: TestClient;
  beforeEach(async () => {
    gateway = await createTestGateway({ limits: { stored: { ...UNLIMITED, bytesPerUser: 6000 } } });
    [ann, bob, carl] = [
      gateway.connect(known('ann', { name: 'Ann' })),
      gateway.connect('bob'),
      gateway.connect('carl'),
    ];
  });
  afterEach(async () => {
    await gateway.stop();
  });

  interface Answer {
    readonly type: string;
    readonly members?: readonly object[];
    readonly messages?: readonly object[];
  }

  let ids = 0;
  async function ask({ send, socket }: TestClient, request: object): Promise<Answer> {
    const id = (ids += 1);
    send({ ...request, id });
    return vi.waitUntil(() => socket.frames.find((frame) => 'id' in frame && frame.id === id) as Answer | undefined);
  }

  async function say({ socket }: TestClient, seq: number): Promise<object | undefined> {
    return vi.waitUntil(() => socket.framesOf('message').find((frame) => frame.seq === seq));
  }

  it('is with its messages and with those of the past, for those who have asked for it', async () => {
    await ask(bob, { type: 'join', room: 'lobby', info: true });
    await ask(carl, { type: 'join', room: 'lobby' });
    await ask(ann, { type: 'join', room: 'lobby' });
    await ask(ann, { type: 'publish', room: 'lobby', data: 1 });
    await ask(carl, { type: 'publish', room: 'lobby', data: 2 });
    expect(await say(bob, 1)).toMatchObject({ from: 'ann', info: { name: 'Ann' } });
    expect(await say(bob, 2)).not.toHaveProperty('info');
    expect(await say(carl, 1)).not.toHaveProperty('info');
    const { messages } = await ask(carl, { type: 'history', room: 'lobby', limit: 5, info: true });
    expect(messages).toMatchObject([{ info: { name: 'Ann' } }, { from: 'carl' }]);
    expect(messages?.[1]).not.toHaveProperty('info');
    const plain = await ask(carl, { type: 'history', room: 'lobby', limit: 5 });
    expect(plain.messages?.[0]).not.toHaveProperty('info');
    for (const [who, wants] of [
      ['dora', true],
      ['emil', false],
    ] as const) {
      const late = gateway.connect(who);
      await ask(late, { type: 'join', room: 'lobby', history: 5, info: wants });
      expect('info' in ((await say(late, 1)) ?? {})).toBe(wants);
      expect(await say(late, 2)).not.toHaveProperty('info');
    }
  });

  it('is listed with it, and is what its newest token that says something says', async () => {
    await ask(ann, { type: 'join', room: 'lobby' });
    const listed = async (): Promise<unknown> => (await ask(ann, { type: 'members', room: 'lobby' })).members;
    expect(await listed()).toEqual([{ user: 'ann', connections: 1, info: { name: 'Ann' } }]);
    await ann.session.takeIdentity(known('ann', { name: 'Anne' }));
    expect(await listed()).toEqual([{ user: 'ann', connections: 1, info: { name: 'Anne' } }]);
    await ann.session.takeIdentity(known('ann'));
    expect(await listed()).toEqual([{ user: 'ann', connections: 1, info: { name: 'Anne' } }]);
  });

  it('counts with what it stores', async () => {
    const spent = vi.spyOn(gateway.services.storedLimits, 'countMessage');
    const bytes: number[] = [];
    for (const client of [bob, gateway.connect(known('bob', { name: 'x'.repeat(900) }))]) {
      await ask(client, { type: 'join', room: 'lobby' });
      expect(await ask(client, { type: 'publish', room: 'lobby', data: 1 })).toMatchObject({ type: 'ack' });
      bytes.push(spent.mock.lastCall?.[1] ?? NaN);
    }
    expect(bytes[1]).toBe((bytes[0] ?? NaN) + encodePayload({ name: 'x'.repeat(900) }).length);
  });
});
