import { type Encoding, Encoding as Encodings, encodePayload } from '@outcry/protocol';
import { HookServer } from '@outcry/testkit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { loadGatewayConfig } from '../config/config.ts';
import { AskedOf, type RoomRule, RoomRules } from '../rooms/room-rules.ts';
import { createTestGateway, type TestClient, type TestGateway } from '../testing/create-services.ts';

const SECRET = 'a-secret-of-at-least-thirty-two-characters';
const OPEN = loadGatewayConfig({}).config.roomRules.of('lobby');

describe('a session whose requests the server is asked about', () => {
  let server: HookServer;
  let gateway: TestGateway;
  let ann: TestClient;
  let bob: TestClient;
  beforeEach(async () => {
    server = await HookServer.start();
    await open();
  });
  afterEach(async () => {
    await gateway.stop();
    await server[Symbol.asyncDispose]();
  });

  async function open(
    settings: Readonly<Record<string, string>> = {},
    rules: Readonly<Record<string, RoomRule>> = {},
    rates: { readonly maxRooms?: number; readonly maxJoinsPerSecond?: number } = {},
  ): Promise<void> {
    const { hooks, limits } = loadGatewayConfig({
      OUTCRY_HOOKS_SECRET: SECRET,
      OUTCRY_HOOKS_JOIN_URL: server.urlOf('join'),
      OUTCRY_HOOKS_PUBLISH_URL: server.urlOf('publish'),
      OUTCRY_HOOKS_PLAIN_HTTP: 'true',
      OUTCRY_HOOKS_DEADLINE_MS: '20000',
      ...settings,
    }).config;
    const roomRules = new RoomRules(
      Object.entries(rules).map(([pattern, rule]) => ({ pattern, rule })),
      OPEN,
    );
    gateway = await createTestGateway({ hooks, limits: { ...limits, ...rates }, roomRules });
    [ann, bob] = [gateway.connect('ann'), gateway.connect('bob')];
    await vi.waitUntil(() => [ann, bob].every(({ socket }) => socket.framesOf('joined').length === 2));
  }

  async function reopen(...how: Parameters<typeof open>): Promise<void> {
    await gateway.stop();
    await open(...how);
  }

  async function answered({ socket }: TestClient, id: number): Promise<unknown> {
    const find = (): unknown => socket.frames.find((frame) => 'id' in frame && frame.id === id);
    await vi.waitUntil(() => find() !== undefined);
    return find();
  }

  async function join(client: TestClient, room: string): Promise<void> {
    client.send({ type: 'join', id: 900, room });
    expect(await answered(client, 900)).toMatchObject({ type: 'joined' });
  }

  async function asked(hook: string, count: number): Promise<void> {
    await vi.waitUntil(() => server.questionsOf(hook).length === count);
  }

  function said({ socket }: TestClient): readonly unknown[] {
    return socket.framesOf('message').map(({ data }) => data);
  }

  it('describes what it is asked', async () => {
    await join(ann, 'lobby');
    ann.send({ type: 'publish', id: 1, room: 'lobby', data: { text: 'hé' }, key: 'k' });
    await answered(ann, 1);
    const subject = {
      node: 'test',
      connection: ann.session.connection,
      user: 'ann',
      guest: false,
      address: '192.0.2.1',
    };
    expect(server.questions.map(({ body }) => body)).toEqual([
      { hook: 'join', ...subject, room: 'lobby' },
      { hook: 'publish', ...subject, room: 'lobby', data: { text: 'hé' }, key: 'k' },
    ]);
  });

  it('asks nobody about the rooms that every session is in, nor where it has no right to', async () => {
    await reopen({}, { closed: { ...OPEN, users: new Set() } });
    ann.send({ type: 'join', id: 1, room: '@ann' });
    expect(await answered(ann, 1)).toMatchObject({ type: 'joined' });
    ann.send({ type: 'join', id: 2, room: 'closed' });
    ann.send({ type: 'publish', id: 3, room: 'lobby', data: 1 });
    expect(await answered(ann, 2)).toMatchObject({ code: 'forbidden' });
    expect(await answered(ann, 3)).toMatchObject({ code: 'notJoined' });
    expect(server.questions).toEqual([]);
  });

  it('asks about what somebody publishes to the own inbox', async () => {
    ann.send({ type: 'publish', id: 1, room: '@ann', data: 'note' });
    expect(await answered(ann, 1)).toMatchObject({ type: 'ack' });
    expect(server.questions.map(({ hook }) => hook)).toEqual(['publish']);
  });

  it('asks about no more joins than may come', async () => {
    // Which two at once are.
    await reopen({}, {}, { maxJoinsPerSecond: 1, maxRooms: 2 });
    for (const id of [1, 2, 3]) ann.send({ type: 'join', id, room: `room-${String(id)}` });
    expect(await answered(ann, 3)).toMatchObject({ code: 'rateLimited' });
    for (const id of [1, 2]) expect(await answered(ann, id)).toMatchObject({ type: 'joined' });
    expect(server.questions).toHaveLength(2);
  });

  it('asks about nothing that there is no hook for', async () => {
    const guest = gateway.connect('guest-1');
    guest.send({ type: 'auth', id: 1, token: 'carl' });
    expect(await answered(guest, 1)).toMatchObject({ type: 'ack', user: 'carl' });
    guest.send({ type: 'call', id: 2, method: 'x' });
    expect(await answered(guest, 2)).toMatchObject({ code: 'forbidden', message: 'nobody answers calls here' });
    expect(guest.socket.closeCode).toBeUndefined();
    expect(server.questions).toEqual([]);
  });

  it('asks where the rule of the room says so', async () => {
    await reopen({}, { quiet: { ...OPEN, hooks: new Set() }, said: { ...OPEN, hooks: new Set(['publish']) } });
    for (const room of ['quiet', 'said']) {
      await join(ann, room);
      ann.send({ type: 'publish', id: room.length, room, data: room });
      await answered(ann, room.length);
      ann.socket.wire.length = 0;
    }
    expect(server.questions.map(({ hook, body }) => [hook, body['room']])).toEqual([['publish', 'said']]);
  });

  it('refuses what the server refuses, in its words, and goes on', async () => {
    server.answer('join', ({ body }) => ({ json: { allow: body['room'] === 'lobby' } }));
    ann.send({ type: 'join', id: 1, room: 'closed' });
    expect(await answered(ann, 1)).toMatchObject({ code: 'forbidden', message: 'the server does not allow it' });
    await join(ann, 'lobby');
    server.answer('publish', () => ({ json: { allow: false, reason: 'no links here' } }));
    ann.send({ type: 'publish', id: 2, room: 'lobby', data: 'http://x' });
    expect(await answered(ann, 2)).toMatchObject({ code: 'forbidden', message: 'no links here' });
    expect(said(ann)).toEqual([]);
    expect(ann.socket.closeCode).toBeUndefined();
  });

  it.each([[null], [{ text: '***' }], [0], ['x'.repeat(1000)]])(
    'publishes %j in place of what was sent',
    async (data) => {
      await Promise.all([join(ann, 'lobby'), join(bob, 'lobby')]);
      server.answer('publish', () => ({ json: { allow: true, data } }));
      ann.send({ type: 'publish', id: 1, room: 'lobby', data: 'rude' });
      expect(await answered(ann, 1)).toMatchObject({ type: 'ack' });
      await vi.waitUntil(() => said(bob).length === 1);
      expect(said(bob)).toEqual([data]);
    },
  );

  it.each([
    ['too much', JSON.stringify({ allow: true, data: 'x'.repeat(20_000) })],
    ['a number that is not exact', '{"allow":true,"data":[9007199254740993]}'],
    ['a number that is none', '{"allow":true,"data":1e999}'],
    ['too deep', `{"allow":true,"data":${'['.repeat(33)}${']'.repeat(33)}}`],
    ['a way to the prototype', '{"allow":true,"data":{"__proto__":1}}'],
  ])('publishes nothing where the server answers with %s', async (_, text) => {
    await join(ann, 'lobby');
    server.answer('publish', () => ({ status: 200, text }));
    ann.send({ type: 'publish', id: 1, room: 'lobby', data: 'fine' });
    expect(await answered(ann, 1)).toMatchObject({ code: 'unavailable', retryable: true });
    expect(await gateway.services.metrics.registry.metrics()).toContain('{hook="publish",outcome="invalid"} 1');
  });

  it('follows the rule of each hook where the server is away', async () => {
    await reopen({ OUTCRY_HOOKS_PUBLISH_ON_FAILURE: 'allow' });
    await join(ann, 'lobby');
    await server.goAway();
    ann.send({ type: 'publish', id: 1, room: 'lobby', data: 'as it was' });
    ann.send({ type: 'join', id: 2, room: 'other' });
    expect(await answered(ann, 1)).toMatchObject({ type: 'ack' });
    expect(await answered(ann, 2)).toMatchObject({ code: 'unavailable' });
    await vi.waitUntil(() => said(ann).length === 1);
    expect(said(ann)).toEqual(['as it was']);
  });

  it.each(Object.values(Encodings))(
    'lets nothing overtake in a room what waits there, and nothing wait elsewhere (%s)',
    async (encoding) => {
      const carl = gateway.connect('carl', encoding);
      await Promise.all([join(bob, 'lobby'), joinAs(carl, encoding, 'lobby'), joinAs(carl, encoding, 'hall')]);
      const answers: (() => void)[] = [];
      server.answer('publish', async ({ body }) => {
        if (body['room'] === 'lobby') await new Promise<void>((resolve) => answers.push(resolve));
        return { json: { allow: body['data'] !== 2 } };
      });
      for (const data of [1, 2, 3]) sendAs(carl, encoding, { id: data, room: 'lobby', data });
      sendAs(carl, encoding, { id: 4, room: 'hall', data: 4 });
      await answered(carl, 4);
      expect(server.questionsOf('publish').map(({ body }) => body['data'])).toEqual([1, 4]);
      for (const count of [1, 2, 3]) {
        await vi.waitUntil(() => answers.length === count);
        answers[count - 1]?.();
        await answered(carl, count);
      }
      await vi.waitUntil(() => said(bob).length === 2);
      expect(said(bob)).toEqual([1, 3]);
    },
  );

  it('takes a publish behind a join for that of a member, and one behind a refused join not', async () => {
    const answer = server.hold('join');
    ann.send({ type: 'join', id: 1, room: 'lobby' });
    ann.send({ type: 'publish', id: 2, room: 'lobby', data: 'first' });
    ann.send({ type: 'leave', id: 3, room: 'lobby' });
    ann.send({ type: 'publish', id: 4, room: 'lobby', data: 'too late' });
    await asked('join', 1);
    answer();
    expect(await answered(ann, 2)).toMatchObject({ type: 'ack' });
    expect(await answered(ann, 3)).toMatchObject({ type: 'ack' });
    expect(await answered(ann, 4)).toMatchObject({ code: 'notJoined' });
    server.answer('join', () => ({ json: { allow: false } }));
    ann.send({ type: 'join', id: 5, room: 'lobby' });
    ann.send({ type: 'publish', id: 6, room: 'lobby', data: 'never' });
    expect(await answered(ann, 6)).toMatchObject({ code: 'notJoined' });
  });

  it('keeps only so much waiting, and says so', async () => {
    // Of publishes it is not asked, or each of them would be a question of its own.
    await reopen({}, { lobby: { ...OPEN, hooks: new Set([AskedOf.Join]) } });
    const answer = server.hold('join');
    ann.send({ type: 'join', id: 0, room: 'lobby', history: 127 });
    for (let id = 1; id < 129; id++) ann.send({ type: 'publish', id, room: 'lobby', data: id });
    expect(await answered(ann, 128)).toMatchObject({ code: 'unavailable', retryable: true, retryInMs: 1000 });
    answer();
    await answered(ann, 127);
    await vi.waitUntil(() => said(ann).length === 127);
    expect(said(ann)).toEqual(Array.from({ length: 127 }, (_, i) => 1 + i));
    ann.send({ type: 'publish', id: 200, room: 'lobby', data: 'again' });
    expect(await answered(ann, 200)).toMatchObject({ type: 'ack' });
  });

  it('keeps only so many bytes waiting', async () => {
    await join(ann, 'lobby');
    server.hold('publish');
    const data = 'x'.repeat(15_000);
    for (let id = 0; id < 5; id++) ann.send({ type: 'publish', id, room: 'lobby', data });
    expect(await answered(ann, 4)).toMatchObject({ code: 'unavailable' });
    expect(ann.socket.framesOf('error')).toHaveLength(1);
  });

  it('asks about 16 rooms at once, and about the next as one of them is decided', async () => {
    const answer = server.hold('join');
    for (let id = 0; id < 20; id++) ann.send({ type: 'join', id, room: `room-${String(id)}` });
    await asked('join', 16);
    answer();
    for (let id = 0; id < 20; id++) expect(await answered(ann, id)).toMatchObject({ type: 'joined' });
    expect(server.questionsOf('join')).toHaveLength(20);
  });

  it('does nothing for a session that has ended meanwhile, though who publishes need not be there', async () => {
    await reopen({}, { lobby: { ...OPEN, publish: 'anyone' } });
    await Promise.all([join(ann, 'lobby'), join(bob, 'lobby')]);
    const answer = server.hold('publish');
    ann.send({ type: 'publish', id: 1, room: 'lobby', data: 'never' });
    ann.send({ type: 'publish', id: 2, room: 'lobby', data: 'nor this' });
    bob.send({ type: 'publish', id: 3, room: 'lobby', data: 'this' });
    await asked('publish', 2);
    ann.session.closed(1006);
    const seen = ann.socket.wire.length;
    answer();
    await answered(bob, 3);
    await vi.waitUntil(() => said(bob).length === 1);
    expect(said(bob)).toEqual(['this']);
    expect(ann.socket.wire).toHaveLength(seen);
    expect(server.questionsOf('publish')).toHaveLength(2);
  });

  interface Publication {
    readonly id: number;
    readonly room: string;
    readonly data: unknown;
  }

  /** Publishes out of memory that is used anew at once, as the transport's is. */
  function sendAs({ session, send }: TestClient, encoding: Encoding, { id, room, data }: Publication): void {
    if (encoding === Encodings.Json) {
      send({ type: 'publish', id, room, data });
      return;
    }
    const bytes = encodePayload([4, id, room, data]);
    session.received(bytes, true);
    bytes.fill(0);
  }

  async function joinAs(client: TestClient, encoding: Encoding, room: string): Promise<void> {
    if (encoding === Encodings.Json) client.send({ type: 'join', id: 901, room });
    else client.session.received(encodePayload([2, null, room]), true);
    await vi.waitUntil(() => client.socket.framesOf('joined').some((frame) => frame.room === room));
  }
});
