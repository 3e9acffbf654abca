import { Encoding } from '@outcry/protocol';
import { afterEach, describe, expect, it } from 'vitest';

import type { Client } from './client.ts';
import type { ConnectOptions } from './connection/options.ts';
import type { PayloadCipher } from './payloads/payload-pipe.ts';
import type { StandardSchema } from './payloads/standard-schema.ts';
import type { OutcryError } from './primitives/errors.ts';
import type { Room } from './room.ts';
import { ClientHarness } from './testing/client-harness.ts';

const REQUEST_MS = 10_000;
const PUBLISH_MS = 30_000;
const ANSWERED = ['join', 'publish', 'members', 'history', 'symbols', 'ping', 'call'] as const;

/** Seals in its own time, and says for whom. */
const cipher: PayloadCipher = {
  seal: async (data, { from }) => Promise.resolve({ sealed: data, from }),
  open: async (data) => Promise.resolve(data),
};
const stuckCipher: PayloadCipher = { ...cipher, seal: () => new Promise(() => undefined) };
const schemaOf = (validate: StandardSchema['~standard']['validate']): StandardSchema => ({
  '~standard': { version: 1, vendor: 'test', validate },
});
const slowSchema = schemaOf(async (value) => Promise.resolve({ value }));
const stuckSchema = schemaOf(() => new Promise(() => undefined));

interface Subject {
  readonly client: Client;
  readonly room: Room;
  readonly checked: Room;
  readonly vault: Room;
  readonly inbox: Room;
}
interface Method {
  readonly what: string;
  readonly call: (subject: Subject) => Promise<unknown>;
  readonly limitMs: number;
}
const method = (what: string, limitMs: number, call: Method['call']): Method => ({ what, limitMs, call });

const METHODS: readonly Method[] = [
  method('room.publish', PUBLISH_MS, ({ room }) => room.publish('x')),
  method('room.publish with a time limit', 500, ({ room }) => room.publish('x', { timeoutMs: 500 })),
  method('room.publish, with a schema that takes time', PUBLISH_MS, ({ checked }) => checked.publish('x')),
  method('room.publish, encrypted', PUBLISH_MS, ({ vault }) => vault.publish('x')),
  method('inbox.publish', PUBLISH_MS, ({ inbox }) => inbox.publish('x')),
  method('client.send', PUBLISH_MS, ({ client }) => client.send('bob', 'x')),
  method('client.send, encrypted', PUBLISH_MS, ({ client }) => client.send('bob', 'x', { encryption: cipher })),
  method('room.members', REQUEST_MS, ({ room }) => room.members()),
  method('inbox.members', REQUEST_MS, ({ inbox }) => inbox.members()),
  method('room.history', REQUEST_MS, ({ room }) => room.history()),
  method('inbox.history', REQUEST_MS, ({ inbox }) => inbox.history({ before: 4, limit: 2 })),
  method('client.ping', REQUEST_MS, ({ client }) => client.ping()),
  method('client.call', REQUEST_MS, ({ client }) => client.call('orders.place', { size: 1 })),
  method('client.symbols', REQUEST_MS, ({ client }) => client.symbols()),
];
/** Those that are published while something of their own never comes. */
const STUCK: readonly Method[] = [
  method('client.send with a cipher that never seals', PUBLISH_MS, ({ client }) =>
    client.send('bob', 'x', { encryption: stuckCipher }),
  ),
  method('room.publish with a schema that never answers', PUBLISH_MS, ({ client }) =>
    client.join('stuck', { schema: stuckSchema }).publish('x'),
  ),
];
const IN_BOTH = [Encoding.Json, Encoding.Msgpack].flatMap((encoding) => METHODS.map((each) => ({ ...each, encoding })));

let harness: ClientHarness;

function start(options: ConnectOptions): Subject {
  harness = new ClientHarness(options);
  const { client } = harness;
  return {
    client,
    room: client.join('lobby'),
    checked: client.join('checked', { schema: slowSchema }),
    vault: client.join('vault', { encryption: cipher }),
    inbox: client.inbox(),
  };
}

/** What becomes of a promise, and when. */
function follow(promise: Promise<unknown>): { outcome: unknown; at: number } {
  const seen = { outcome: 'pending' as unknown, at: 0 };
  promise.then(
    () => {
      Object.assign(seen, { outcome: 'resolved', at: harness.platform.now() });
    },
    (error: unknown) => {
      Object.assign(seen, { outcome: (error as OutcryError).code, at: harness.platform.now() });
    },
  );
  return seen;
}

afterEach(() => {
  harness.end();
});

describe('a method', () => {
  it.each(IN_BOTH)('resolves where the gateway answers: $what ($encoding)', async ({ call, encoding }) => {
    const subject = start({ encoding });
    await harness.goLiveAnswering(...ANSWERED);
    const seen = follow(call(subject));
    await harness.platform.pass(0);
    expect(seen.outcome).toBe('resolved');
  });

  it.each([...IN_BOTH, ...STUCK])('fails within its limit without an answer: $what ($encoding)', async (each) => {
    const subject = start('encoding' in each ? { encoding: each.encoding as Encoding } : {});
    await harness.goLiveAnswering('join');
    // The gateway is there, and says nothing.
    harness.socket.onSend = ({ type }) => {
      if (type === 'ping') harness.socket.receive({ type: 'pong', at: 0 });
    };
    const begunAt = harness.platform.now();
    const seen = follow(each.call(subject));
    await harness.platform.pass(each.limitMs - 1);
    expect(seen.outcome).toBe('pending');
    await harness.platform.pass(1);
    expect(seen).toEqual({ outcome: 'timedOut', at: begunAt + each.limitMs });
  });

  it.each([...IN_BOTH, ...STUCK])('fails within its limit while attempt after attempt fails: $what', async (each) => {
    const subject = start('encoding' in each ? { encoding: each.encoding as Encoding } : {});
    await harness.goLiveAnswering('join');
    await harness.goOffline(3);
    const begunAt = harness.platform.now();
    const seen = follow(each.call(subject));
    await harness.platform.pass(each.limitMs - 1);
    expect(seen.outcome).toBe('pending');
    await harness.platform.pass(1);
    expect(seen).toEqual({ outcome: 'timedOut', at: begunAt + each.limitMs });
  });

  it.each(IN_BOTH)('fails within its limit where there never was a connection: $what ($encoding)', async (each) => {
    const subject = start({ encoding: each.encoding });
    harness.platform.isOffline = true;
    harness.socket.fail(new Error('refused'));
    const seen = follow(each.call(subject));
    await harness.platform.pass(each.limitMs);
    expect(seen).toEqual({ outcome: 'timedOut', at: each.limitMs });
  });

  it.each(IN_BOTH.filter(({ limitMs }) => limitMs > 500))(
    'is answered where the connection comes back within its limit: $what ($encoding)',
    async ({ call, encoding }) => {
      const subject = start({ encoding });
      await harness.goLiveAnswering('join');
      await harness.goOffline(3);
      const seen = follow(call(subject));
      await harness.platform.pass(5_000);
      await harness.comeBack();
      await harness.goLiveAnswering(...ANSWERED);
      expect(seen.outcome).toBe('resolved');
    },
  );

  it.each(IN_BOTH)('fails at once where the client is closed: $what ($encoding)', async ({ call, encoding }) => {
    const subject = start({ encoding });
    await harness.goLiveAnswering(...ANSWERED);
    subject.client.close();
    const seen = follow(call(subject));
    await harness.platform.pass(0);
    expect(seen.outcome).toMatch(/^(closed|left)$/);
  });

  it.each(IN_BOTH)('fails at once where the client closes meanwhile: $what ($encoding)', async ({ call, encoding }) => {
    const subject = start({ encoding });
    const seen = follow(call(subject));
    subject.client.close();
    await harness.platform.pass(0);
    expect(seen.outcome).toMatch(/^(closed|left)$/);
  });

  it.each(IN_BOTH)('has its share of what may wait: $what ($encoding)', async ({ call, encoding }) => {
    const subject = start({ encoding, maxPendingRequests: 2 });
    const [first, second, third] = [call(subject), call(subject), call(subject)].map(follow);
    await harness.platform.pass(0);
    expect([first?.outcome, second?.outcome, third?.outcome]).toEqual(['pending', 'pending', 'queueFull']);
  });
});

describe('what is sealed', () => {
  it('does not hold up later ones when it was asked while attempts failed, and keeps its place among those in clear', async () => {
    const { client, vault } = start({});
    await harness.goLiveAnswering('join');
    await harness.goOffline(5);
    const early = [vault.publish(1), client.send('bob', 1, { encryption: cipher }), client.send('bob', 2)];
    await harness.comeBack();
    await harness.goLiveAnswering(...ANSWERED);
    await Promise.all(early);
    await Promise.all([vault.publish(2), client.send('bob', 3, { encryption: cipher })]);
    const of = (room: string): unknown[] =>
      harness.socket.of('publish').flatMap((frame) => (frame.room === room ? [frame.data] : []));
    expect(of('vault')).toEqual([1, 2].map((sealed) => ({ sealed, from: 'ann' })));
    expect(of('@bob')).toEqual([{ sealed: 1, from: 'ann' }, 2, { sealed: 3, from: 'ann' }]);
  });

  it('is repeated as it is for the same user, and sealed anew for another', async () => {
    let seals = 0;
    const counting: PayloadCipher = {
      ...cipher,
      seal: async (data, { from }) => Promise.resolve({ sealed: data, from, number: ++seals }),
    };
    const { client } = start({});
    await harness.goLive({ user: 'ann' });
    const first = client.send('bob', 'x', { encryption: counting });
    await harness.platform.pass(0);
    harness.socket.lose(1006);
    await harness.platform.pass(1_000);
    await harness.goLive({ user: 'ann' });
    expect(harness.socket.of('publish')).toMatchObject([{ data: { from: 'ann', number: 1 } }]);
    harness.socket.lose(1006);
    const second = follow(client.send('cy', 'y', { encryption: counting }));
    await harness.platform.pass(2_000);
    await harness.goLive({ user: 'guest-2' });
    await expect(first).rejects.toMatchObject({
      code: 'disconnected',
      mayBeStored: true,
      message: 'it was sent as ann, and this is guest-2 now',
    });
    expect(harness.socket.of('publish')).toMatchObject([{ room: '@cy', data: { from: 'guest-2', number: 2 } }]);
    expect(second.outcome).toBe('pending');
  });

  it('fails by itself where it cannot be sealed', async () => {
    const { client } = start({});
    await harness.goLiveAnswering(...ANSWERED);
    const seal = (): Promise<never> => Promise.reject(new Error('no key'));
    const [failed, sent] = [client.send('bob', 1, { encryption: { ...cipher, seal } }), client.send('bob', 2)];
    await expect(failed).rejects.toMatchObject({ code: 'invalidData', cause: { message: 'no key' } });
    await expect(sent).resolves.toMatchObject({ epoch: 'e' });
    const sealsNonsense = { ...cipher, seal: async () => Promise.resolve(new Map()) };
    await expect(client.send('bob', 1, { encryption: sealsNonsense })).rejects.toMatchObject({ code: 'invalidData' });
  });
});

describe('a call', () => {
  it('goes out as often as the gateway takes it, but for a tenth, and holds up nothing else', async () => {
    const { client } = start({});
    await harness.goLive({ maxCallsPerSecond: 10, maxCallBurst: 20 });
    for (let i = 0; i < 40; i += 1) client.call('x').catch(() => undefined);
    client.ping().catch(() => undefined);
    const sent = (): readonly number[] => (['call', 'ping'] as const).map((type) => harness.socket.of(type).length);
    expect(sent()).toEqual([18, 1]);
    await harness.platform.pass(1_000);
    expect(sent()).toEqual([27, 1]);
  });

  it('resolves with what is answered, and with null where that is nothing', async () => {
    const { client } = start({});
    await harness.goLiveAnswering(...ANSWERED);
    await expect(client.call('echo', { size: 1, at: undefined })).resolves.toEqual({ size: 1 });
    harness.socket.onSend = (frame) => {
      if (frame.type === 'call') harness.socket.receive({ type: 'reply', id: frame.id ?? 0 });
    };
    await expect(client.call('nothing')).resolves.toBeNull();
    expect(harness.socket.of('call').at(-1)).toMatchObject({ method: 'nothing', data: null });
  });

  it('is not repeated on another connection, and may have had its effect', async () => {
    const { client } = start({});
    await harness.goLiveAnswering('join');
    const call = follow(client.call('pay', 1));
    const lost = client.call('pay', 2);
    harness.socket.lose(1006);
    await expect(lost).rejects.toMatchObject({ code: 'disconnected', mayBeStored: true });
    await harness.platform.pass(1_000);
    await harness.goLiveAnswering(...ANSWERED);
    expect([call.outcome, harness.socket.of('call')]).toEqual(['disconnected', []]);
  });

  it('fails where it is answered with something else', async () => {
    const { client } = start({});
    await harness.goLiveAnswering('join');
    harness.socket.onSend = (frame) => {
      if (frame.type === 'call') harness.socket.receive({ type: 'ack', id: frame.id ?? 0 });
    };
    await expect(client.call('x')).rejects.toMatchObject({ code: 'refused', message: 'expected reply, not ack' });
  });
});

describe('an inbox', () => {
  it('asks under the name of the user of the connection', async () => {
    const { inbox } = start({});
    const asked = [inbox.history(), inbox.members(), inbox.publish('note')].map(follow);
    await harness.goLive({ user: 'guest-1' });
    harness.joined('@guest-1', 0);
    await harness.platform.pass(0);
    harness.socket.lose(1006);
    await harness.platform.pass(1_000);
    await harness.goLive({ user: 'guest-2' });
    harness.joined('@guest-2', 0);
    await harness.platform.pass(0);
    expect(harness.socket.of('history')).toMatchObject([{ room: '@guest-2' }]);
    expect(harness.socket.of('members')).toMatchObject([{ room: '@guest-2' }]);
    expect(harness.socket.of('publish')).toEqual([]);
    expect(asked.map(({ outcome }) => outcome)).toEqual(['pending', 'pending', 'disconnected']);
  });
});

describe('a signal', () => {
  it('that is sealed goes out on the connection for which it was, or never', async () => {
    const seals: (() => void)[] = [];
    const encryption: PayloadCipher = {
      ...cipher,
      seal: (data, { from }) =>
        new Promise((resolve) => {
          seals.push(() => {
            resolve({ sealed: data, from });
          });
        }),
    };
    harness = new ClientHarness();
    const room = harness.client.join('vault', { encryption });
    expect(room.signal('typing', 'x')).toBe(false);
    await harness.goLiveAnswering('join');
    expect([room.signal('typing', 1), room.signal('typing', 2)]).toEqual([true, true]);
    await harness.platform.pass(0);
    seals[0]?.();
    await harness.platform.pass(0);
    expect(harness.socket.of('signal')).toMatchObject([{ data: { sealed: 1, from: 'ann' } }]);
    harness.socket.lose(1006);
    await harness.platform.pass(1_000);
    await harness.goLiveAnswering('join');
    seals[1]?.();
    await harness.platform.pass(0);
    expect(harness.socket.of('signal')).toEqual([]);
  });
});
