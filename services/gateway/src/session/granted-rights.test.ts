import { makeToken } from '@outcry/testkit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { type Identity, identityOf } from '../identity/identity.ts';
import { loadGatewayConfig } from '../config/config.ts';
import type { RoomRight } from '../identity/rights/room-rights.ts';
import { type RoomRule, RoomRules } from '../rooms/room-rules.ts';
import { createTestGateway, type TestClient, type TestGateway } from '../testing/create-services.ts';

const SECRET = 'a-secret-of-at-least-thirty-two-characters';
const { auth, roomRules } = loadGatewayConfig({ OUTCRY_AUTH_SECRET: SECRET }).config;
const CLOSED = roomRules.of('anything');
const HALL: RoomRule = { ...CLOSED, users: new Set(['read', 'write']), guests: new Set(['read']) };
const SCOPES = new Map<string, ReadonlySet<RoomRight>>([
  ['desk:read', new Set(['read', 'presence'])],
  ['desk:write', new Set(['write'])],
]);

/** Every right in `team.*`, or one of them. */
const ROLES: Readonly<Record<string, Readonly<Record<string, readonly RoomRight[]>>>> = {
  nobody: {},
  reader: { 'team.*': ['read'] },
  writer: { 'team.*': ['read', 'write'] },
  watcher: { 'team.*': ['read', 'presence'] },
  signaller: { 'team.*': ['read', 'signal'] },
  mute: { 'team.*': ['write', 'signal', 'presence'] },
  everything: { '*': ['read', 'write', 'signal', 'presence'] },
};

const REQUESTS = ['join', 'publish', 'signal', 'members', 'history'] as const;

/** What each role is answered in `team.a`, which it joins first where it may: request by request, in the order above. */
const ANSWERS: Readonly<Record<string, string>> = {
  nobody: 'forbidden forbidden forbidden forbidden notJoined',
  reader: 'joined forbidden forbidden forbidden ack',
  writer: 'joined ack forbidden forbidden ack',
  watcher: 'joined forbidden forbidden ack ack',
  signaller: 'joined forbidden silence forbidden ack',
  mute: 'forbidden notJoined notJoined notJoined notJoined',
  everything: 'joined ack silence ack ack',
};

describe('the rights of a session where tokens are checked', () => {
  let gateway: TestGateway;
  beforeEach(async () => {
    const scoped = { ...CLOSED, scopes: SCOPES };
    const rules = new RoomRules(
      [
        { pattern: 'hall', rule: HALL },
        { pattern: 'desk.*', rule: scoped },
        { pattern: '@*', rule: scoped },
      ],
      CLOSED,
    );
    gateway = await createTestGateway({ auth, roomRules: rules });
  });
  afterEach(async () => {
    await gateway.stop();
  });

  function identity(role: string): Identity {
    return authenticate(makeToken(SECRET, { claims: { rooms: ROLES[role] } }));
  }

  function authenticate(token: string): Identity {
    const { identity: known } = gateway.services.authenticator.authenticate(token);
    if (known === undefined) throw new Error('refused');
    return known;
  }

  async function answer(client: TestClient, request: Readonly<Record<string, unknown>>): Promise<string> {
    client.send({ ...request, id: 'asked', data: 1, name: 'typing', limit: 10 });
    // Answers come in any order, so what is silent is known only by what was asked behind it.
    client.send({ type: 'history', id: 'behind', room: `@${client.session.user}`, limit: 1 });
    const find = (id: string): { type: string; code?: string; message?: string } | undefined =>
      client.socket.frames.find((frame) => 'id' in frame && frame.id === id);
    await vi.waitUntil(() => find('behind') !== undefined);
    if (request['type'] !== 'signal') await vi.waitUntil(() => find('asked') !== undefined);
    const found = find('asked');
    client.socket.wire.length = 0;
    return found?.code ?? found?.type ?? 'silence';
  }

  describe.each(Object.keys(ROLES))('%s', (role) => {
    it('may do in a room what its token says', async () => {
      const client = gateway.connect(identity(role));
      const answers: string[] = [];
      for (const type of REQUESTS) answers.push(await answer(client, { type, room: 'team.a' }));
      expect(answers.join(' ')).toBe(ANSWERS[role]);
    });

    it.each(REQUESTS)('is told the same by %s of a room that is there and of one that is not', async (type) => {
      const room = 'secret';
      const insider = gateway.connect(identity('everything'));
      expect(await answer(insider, { type: 'join', room })).toBe('joined');
      if (role === 'everything') return;
      const client = gateway.connect(identity(role));
      for (const name of [room, 'secreu']) client.send({ type, id: name, room: name, data: 1, name: 'n', limit: 10 });
      await vi.waitUntil(() => client.socket.framesOf('error').length === 2);
      const [there, missing] = client.socket.framesOf('error');
      expect({ ...there, id: 0 }).toEqual({ ...missing, id: 0, message: missing?.message.replace('secreu', room) });
    });
  });

  it('are never those of another’s inbox but to write to it, whatever pattern was granted', async () => {
    const client = gateway.connect(identity('everything'));
    expect(await answer(client, { type: 'join', room: '@bob' })).toBe('forbidden');
    expect(await answer(client, { type: 'history', room: '@bob' })).toBe('notJoined');
    expect(await answer(client, { type: 'members', room: '@bob' })).toBe('forbidden');
    expect(await answer(client, { type: 'publish', room: '@bob' })).toBe('ack');
    expect(await answer(gateway.connect(identity('writer')), { type: 'publish', room: '@bob' })).toBe('forbidden');
  });

  it('are always those of one’s own inbox and of @all but to write to all', async () => {
    const client = gateway.connect(identity('everything'));
    for (const room of ['@ann', '@all']) expect(await answer(client, { type: 'history', room })).toBe('ack');
    expect(await answer(client, { type: 'publish', room: '@all' })).toBe('forbidden');
  });

  it('are those of the rules, too: for users, and for guests', async () => {
    const user = gateway.connect(identity('nobody'));
    const guest = gateway.connect(identityOf('guest-1', { isGuest: true }));
    for (const client of [user, guest]) expect(await answer(client, { type: 'join', room: 'hall' })).toBe('joined');
    expect(await answer(user, { type: 'publish', room: 'hall' })).toBe('ack');
    expect(await answer(guest, { type: 'publish', room: 'hall' })).toBe('forbidden');
    expect(await answer(user, { type: 'members', room: 'hall' })).toBe('forbidden');
  });

  it('are those that a rule gives to the scopes of a token, in its rooms and in no others', async () => {
    const withScope = (scope: string): TestClient =>
      gateway.connect(authenticate(makeToken(SECRET, { claims: { scope } })));
    const trader = withScope('profile desk:read desk:write');
    expect(await answer(trader, { type: 'join', room: 'desk.fx' })).toBe('joined');
    expect(await answer(trader, { type: 'publish', room: 'desk.fx' })).toBe('ack');
    expect(await answer(trader, { type: 'signal', room: 'desk.fx' })).toBe('forbidden');
    expect(await answer(trader, { type: 'join', room: 'team.a' })).toBe('forbidden');
    expect(await answer(trader, { type: 'join', room: '@bob' })).toBe('forbidden');
    expect(await answer(trader, { type: 'publish', room: '@bob' })).toBe('ack');
    const analyst = withScope('desk:read');
    expect(await answer(analyst, { type: 'join', room: 'desk.fx' })).toBe('joined');
    expect(await answer(analyst, { type: 'publish', room: 'desk.fx' })).toBe('forbidden');
    expect(await answer(withScope('desk'), { type: 'join', room: 'desk.fx' })).toBe('forbidden');
  });

  it('tell nobody who comes and goes that may not know', async () => {
    const reader = gateway.connect(identity('reader'));
    const watcher = gateway.connect(
      authenticate(makeToken(SECRET, { sub: 'bob', claims: { rooms: ROLES['watcher'] } })),
    );
    for (const { send, socket } of [reader, watcher]) {
      send({ type: 'join', room: 'team.a', presence: true });
      await vi.waitUntil(() => socket.framesOf('joined').some(({ room }) => room === 'team.a'));
    }
    const carl = gateway.connect(authenticate(makeToken(SECRET, { sub: 'carl', claims: { rooms: ROLES['reader'] } })));
    carl.send({ type: 'join', room: 'team.a' });
    await vi.waitUntil(() => watcher.socket.framesOf('member').some(({ user }) => user === 'carl'));
    expect(reader.socket.framesOf('member')).toEqual([]);
    expect(reader.socket.framesOf('joined').at(-1)?.members).toBeUndefined();
  });

  it('end with a token that gives less: the session leaves those rooms, and is told so', async () => {
    const client = gateway.connect(identity('everything'));
    for (const room of ['team.a', 'team.b', 'secret']) {
      expect(await answer(client, { type: 'join', room, presence: room === 'team.b' })).toBe('joined');
    }
    const narrower = makeToken(SECRET, { claims: { rooms: ROLES['reader'] } });
    client.send({ type: 'auth', id: 'narrower', token: narrower });
    await vi.waitUntil(() => client.socket.framesOf('ack').some(({ id }) => id === 'narrower'));
    expect(client.socket.framesOf('error')).toMatchObject([
      { code: 'forbidden', room: 'team.b', message: expect.stringContaining('left team.b') as string },
      { code: 'forbidden', room: 'secret', message: expect.stringContaining('left secret') as string },
    ]);
    expect(client.session.memberships.has('team.a')).toBe(true);
    expect(client.session.memberships.has('secret')).toBe(false);
    expect(gateway.services.rooms.get('secret')?.hasMembers()).toBe(false);
  });
});
