import { Encoding, encodeMessageHead, encodePayload } from '@outcry/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { loadGatewayConfig } from '../config/config.ts';
import { encodeControlNotice } from '../cluster/control-notice.ts';
import { type Identity, identityOf } from '../identity/identity.ts';
import { RoomGrants } from '../identity/rights/room-grants.ts';
import { RoomRules } from '../rooms/room-rules.ts';
import { createTestGateway, type TestClient, type TestGateway } from '../testing/create-services.ts';

type Notice = Parameters<typeof encodeControlNotice>[0];

const OPEN = loadGatewayConfig({}).config.roomRules.of('lobby');
/** Nobody may do anything by the rules. */
const CLOSED = new RoomRules([], { ...OPEN, guests: new Set(), users: new Set() });

describe('a session that the server changes', () => {
  let gateway: TestGateway;
  let ann: TestClient;
  beforeEach(async () => {
    gateway = await createTestGateway({ roomRules: CLOSED, limits: { maxRooms: 2 } });
    ann = connect('ann');
    await vi.waitUntil(() => ann.socket.framesOf('joined').length === 2);
    ann.socket.wire.length = 0;
  });
  afterEach(async () => {
    await gateway.stop();
  });

  /** As the reception does it: whoever comes is looked after. */
  function connect(...who: Parameters<TestGateway['connect']>): TestClient {
    const client = gateway.connect(...who);
    gateway.services.connections.add(client.session);
    return client;
  }

  async function tell(notice: Notice): Promise<void> {
    await gateway.backplane.control.tell(encodeControlNotice(notice));
  }

  /** Until this has come of so many. */
  async function until(command: string, outcome: string, count = 1): Promise<void> {
    const line = `outcry_gateway_server_commands_total{command="${command}",outcome="${outcome}"} ${String(count)}`;
    await vi.waitUntil(async () => (await gateway.services.metrics.registry.metrics()).includes(line));
  }

  async function answered({ socket }: TestClient, id: number): Promise<unknown> {
    const find = (): unknown => socket.frames.find((frame) => 'id' in frame && frame.id === id);
    await vi.waitUntil(() => find() !== undefined);
    return find();
  }

  async function publish(room: string, data: unknown): Promise<void> {
    const { rules } = gateway.services;
    const head = encodeMessageHead({ room, from: 'server', at: 1, data: encodePayload(data) });
    await gateway.backplane.broker.publish({
      ...{ room, head, origin: '', retention: rules.of(room).retention, idempotency: undefined },
    });
  }

  it('is put into a room that it may not join by itself, hears it from then on, and may join it again', async () => {
    await publish('team', 'before');
    await tell({ kind: 'subscribe', user: 'ann', room: 'team' });
    await until('subscribe', 'done');
    expect(ann.socket.framesOf('joined')).toMatchObject([{ room: 'team', recovered: false, seq: 1 }]);
    expect(ann.socket.framesOf('joined')[0]).not.toHaveProperty('id');
    await publish('team', 'after');
    await vi.waitUntil(() => ann.socket.framesOf('message').length === 1);
    expect(ann.socket.framesOf('message')).toMatchObject([{ data: 'after', seq: 2 }]);
    ann.send({ type: 'join', id: 1, room: 'team', history: 9 });
    expect(await answered(ann, 1)).toMatchObject({ type: 'joined', room: 'team' });
    ann.send({ type: 'publish', id: 2, room: 'team', data: 1 });
    expect(await answered(ann, 2)).toMatchObject({ code: 'forbidden' });
  });

  it('is taken out of it, and may not come back', async () => {
    await tell({ kind: 'subscribe', user: 'ann', room: 'team' });
    await tell({ kind: 'unsubscribe', user: 'ann', room: 'team' });
    await until('unsubscribe', 'done');
    expect(ann.socket.framesOf('left')).toEqual([{ type: 'left', room: 'team' }]);
    expect(ann.session.memberships.has('team')).toBe(false);
    ann.send({ type: 'join', id: 1, room: 'team' });
    expect(await answered(ann, 1)).toMatchObject({ code: 'forbidden' });
    await tell({ kind: 'unsubscribe', user: 'ann', room: 'team' });
    await until('unsubscribe', 'nothing');
    expect(ann.socket.framesOf('left')).toHaveLength(1);
  });

  it('is not told again of a room that it is in, which it may read whatever its next token says', async () => {
    const bob = connect(withGrants('bob', { hall: ['read'] }));
    bob.send({ type: 'join', id: 1, room: 'hall' });
    await answered(bob, 1);
    await tell({ kind: 'subscribe', user: 'bob', room: 'hall' });
    await until('subscribe', 'nothing');
    expect(bob.socket.framesOf('joined').filter(({ room }) => room === 'hall')).toHaveLength(1);
    const newest = identityOf('bob', { isGuest: false });
    await bob.session.takeIdentity(newest);
    expect(bob.session.memberships.has('hall')).toBe(true);
    await tell({ kind: 'unsubscribe', connection: bob.session.connection, room: 'hall' });
    await until('unsubscribe', 'done');
    expect(bob.session.identity).toBe(newest);
  });

  it('is put into as many rooms as it may be in, and no more; of those that it has left the rights end', async () => {
    for (const room of ['a', 'b', 'c']) await tell({ kind: 'subscribe', user: 'ann', room });
    await until('subscribe', 'limit');
    expect(ann.socket.framesOf('joined').map(({ room }) => room)).toEqual(['a', 'b']);
    ann.send({ type: 'join', id: 0, room: 'a' });
    expect(await answered(ann, 0)).toMatchObject({ type: 'joined' });
    ann.send({ type: 'leave', id: 1, room: 'a' });
    await answered(ann, 1);
    await tell({ kind: 'subscribe', user: 'ann', room: 'c' });
    await until('subscribe', 'done', 3);
    ann.send({ type: 'leave', id: 2, room: 'b' });
    ann.send({ type: 'join', id: 3, room: 'a' });
    expect(await answered(ann, 3)).toMatchObject({ code: 'forbidden' });
  });

  it('does not keep as somebody else what the server gave', async () => {
    const guest = connect('guest-1');
    await tell({ kind: 'subscribe', connection: guest.session.connection, room: 'team' });
    await until('subscribe', 'done');
    await guest.session.takeIdentity(identityOf('bob', { isGuest: false }));
    guest.send({ type: 'leave', id: 1, room: 'team' });
    guest.send({ type: 'join', id: 2, room: 'team' });
    expect(await answered(guest, 2)).toMatchObject({ code: 'forbidden' });
  });

  it.each(Object.values(Encoding))('is told something by itself, in its inbox (%s)', async (encoding) => {
    const one = connect('bob', encoding);
    const other = connect('bob', encoding);
    const data = Buffer.from(encodePayload({ at: 7, bytes: 'é' })).toString('base64');
    await tell({ kind: 'send', connection: one.session.connection, name: 'poke', data });
    await tell({ kind: 'send', connection: one.session.connection, name: 'again' });
    await until('send', 'done', 2);
    expect(one.socket.framesOf('signal')).toEqual([
      { type: 'signal', room: '@bob', from: 'server', name: 'poke', data: { at: 7, bytes: 'é' } },
      { type: 'signal', room: '@bob', from: 'server', name: 'again' },
    ]);
    expect(other.socket.framesOf('signal')).toEqual([]);
  });

  it('is told nothing in passing while it reads too slowly', async () => {
    vi.spyOn(ann.session.backlog, 'isLagging', 'get').mockReturnValue(true);
    await tell({ kind: 'send', connection: ann.session.connection, name: 'poke' });
    await until('send', 'lagging');
    expect(ann.socket.framesOf('signal')).toEqual([]);
  });

  it('has other rights at once, and leaves what it may not read any more, but not where the server has put it', async () => {
    const bob = connect(withGrants('bob', { hall: ['read', 'write'], old: ['read'] }));
    for (const [id, room] of [
      [1, 'hall'],
      [2, 'old'],
    ] as const) {
      bob.send({ type: 'join', id, room });
      await answered(bob, id);
    }
    await tell({ kind: 'unsubscribe', user: 'bob', room: 'old' });
    await tell({ kind: 'subscribe', user: 'bob', room: 'given' });
    await tell({ kind: 'refresh', user: 'bob', rights: { 'new*': ['read', 'write'] } });
    await until('refresh', 'done');
    expect(bob.socket.framesOf('error')).toMatchObject([{ code: 'forbidden', room: 'hall' }]);
    expect(['hall', 'given'].map((room) => bob.session.memberships.has(room))).toEqual([false, true]);
    bob.send({ type: 'join', id: 3, room: 'news' });
    expect(await answered(bob, 3)).toMatchObject({ type: 'joined' });
    await bob.session.takeIdentity(withGrants('bob', { hall: ['read'] }));
    expect(bob.session.memberships.has('news')).toBe(false);
    bob.send({ type: 'join', id: 4, room: 'hall' });
    expect(await answered(bob, 4)).toMatchObject({ type: 'joined' });
  });

  it('stays where it cannot be put into a room, and may not read that', async () => {
    const fault = new Error('no broker');
    vi.spyOn(gateway.services.rooms, 'join').mockRejectedValueOnce(fault);
    const warned = vi.spyOn(gateway.services.logger, 'warn');
    await tell({ kind: 'subscribe', user: 'ann', room: 'team' });
    await until('subscribe', 'unavailable');
    const { connection } = ann.session;
    expect(warned).toHaveBeenCalledWith({ err: fault, connection }, 'session not subscribed');
    expect(ann.socket.closeCode).toBeUndefined();
    ann.send({ type: 'join', id: 1, room: 'team' });
    expect(await answered(ann, 1)).toMatchObject({ code: 'forbidden' });
  });
});

function withGrants(user: string, rights: Readonly<Record<string, readonly ('read' | 'write')[]>>): Identity {
  const grants = new RoomGrants(Object.entries(rights).map(([room, list]) => [room, new Set(list)]));
  return { ...identityOf(user, { isGuest: false }), grants };
}
