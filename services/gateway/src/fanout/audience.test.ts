import { createCodecs, decodePayload, Encoding, encodePayload, isRoomName, isSymbol } from '@outcry/protocol';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { GatewayMetrics } from '../observability/metrics.ts';
import { FakeTransport } from '../testing/fake-transport.ts';
import { SeededRandom } from '../testing/seeded-random.ts';
import {
  Audience,
  type Fanout,
  type Follower,
  informedMessage,
  ownFrame,
  relayedMessage,
  type StreamKind,
} from './audience.ts';

const RUNS = 5000;
const SEED = 38;
/** What separates in topics, and what their names end with. */
const PIECES = ['/', '/j', '/m', '/0', '/10', 'j', 'm', 'r', 'i', 'b', '10', '0', '-', 'é', '#', '+'];

it('has a topic of its own for each kind, name and encoding, whatever separates in the name', () => {
  const random = new SeededRandom(SEED);
  const transport = new FakeTransport();
  const fanout = { publisher: transport, codecs: createCodecs(), metrics: new GatewayMetrics() };
  const owners = new Map<string, string>();
  for (let run = 0; run < RUNS; run++) {
    const text = Array.from({ length: 1 + random.below(4) }, () => random.pick(PIECES)).join('');
    // As rooms, and the classes of books, call their audiences.
    const names = [
      ...(isRoomName(text) ? (['r', 'i', 'p'] as const).map((kind) => [kind, text] as const) : []),
      ...(isSymbol(text)
        ? (['b', 'c', 's'] as const).map((kind) => [kind, `${text}/${random.pick(['0', '10'])}/0`] as const)
        : []),
    ];
    for (const [kind, name] of names) {
      for (const encoding of Object.values(Encoding)) {
        const socket = transport.connect(encoding);
        new Audience(kind, name, fanout).add({ socket, encoding });
        const [topic = ''] = socket.topics;
        const owner = JSON.stringify([kind, name, encoding]);
        expect(owners.get(topic) ?? owner, topic).toBe(owner);
        owners.set(topic, owner);
      }
    }
  }
  expect(owners.size).toBeGreaterThan(RUNS / 5);
});

describe('an audience', () => {
  const transport = new FakeTransport();
  const fanout: Fanout = { publisher: transport, codecs: createCodecs(), metrics: new GatewayMetrics() };
  const FRAME = { type: 'stale', room: 'lobby' } as const;
  const SOURCE = {
    msgpack: () => fanout.codecs.msgpack.encodeServer(FRAME) as Uint8Array,
    json: () => '{"type":"stale"}',
  };

  function create(...encodings: Encoding[]): { readonly audience: Audience; readonly followers: readonly Follower[] } {
    const audience = new Audience('r', 'lobby', fanout);
    const followers = encodings.map((encoding) => ({ socket: transport.connect(encoding), encoding }));
    for (const follower of followers) audience.add(follower);
    return { audience, followers };
  }

  const heard = (followers: readonly Follower[]): number[] =>
    [...transport.sockets].flatMap((socket) =>
      followers.some((follower) => follower.socket === socket) ? [socket.wire.length] : [],
    );

  it('hears a frame in its own encodings, which is made once for each, and in no other', () => {
    for (const [encodings, made] of [
      [
        ['json', 'json'],
        [0, 1],
      ],
      [['msgpack'], [1, 0]],
      [
        ['json', 'msgpack', 'msgpack'],
        [1, 1],
      ],
      [[], [0, 0]],
    ] as const) {
      const { audience, followers } = create(...encodings);
      const source = { msgpack: vi.fn(SOURCE.msgpack), json: vi.fn(SOURCE.json) };
      audience.publish(source);
      expect([source.msgpack.mock.calls.length, source.json.mock.calls.length]).toEqual(made);
      expect(heard(followers)).toEqual(encodings.map(() => 1));
      for (const follower of followers) audience.remove(follower);
    }
  });

  it('leaves out the one who said it, whatever others use', () => {
    const { audience, followers } = create('json', 'json', 'msgpack');
    audience.publish(SOURCE, followers[0]);
    expect(heard(followers)).toEqual([0, 1, 1]);
    audience.publish(SOURCE, followers[2]);
    expect(heard(followers)).toEqual([1, 2, 1]);
    for (const follower of followers) audience.remove(follower);
  });

  it('has as many as have come and not gone, and makes nothing for an encoding that the last has left', () => {
    const { audience, followers } = create('json', 'msgpack', 'msgpack');
    expect(audience.size).toBe(3);
    audience.remove(followers[1] ?? expect.fail());
    expect(audience.size).toBe(2);
    audience.remove(followers[2] ?? expect.fail());
    const msgpack = vi.fn(SOURCE.msgpack);
    audience.publish({ ...SOURCE, msgpack });
    expect(msgpack).not.toHaveBeenCalled();
    expect(heard(followers)).toEqual([1, 0, 0]);
    audience.remove(followers[0] ?? expect.fail());
    expect(audience.size).toBe(0);
  });

  it('counts what reaches followers, by encoding, and not the one who is left out', async () => {
    const metrics = new GatewayMetrics();
    const audience = new Audience('r', 'counted', { ...fanout, metrics });
    const followers = (['json', 'json', 'msgpack'] as const).map((encoding) => ({
      socket: transport.connect(encoding),
      encoding,
    }));
    for (const follower of followers) audience.add(follower);
    audience.publish(SOURCE, followers[0]);
    audience.publishFrame(FRAME);
    const text = await metrics.registry.metrics();
    expect(text).toMatch('outcry_gateway_messages_out_total{encoding="json"} 3\n');
    expect(text).toMatch('outcry_gateway_messages_out_total{encoding="msgpack"} 2\n');
  });

  it('encodes a frame of the gateway once for each encoding, however often it is asked for', () => {
    const codecs = createCodecs();
    const encodings = [vi.spyOn(codecs.json, 'encodeServer'), vi.spyOn(codecs.msgpack, 'encodeServer')];
    const frame = ownFrame({ codecs }, FRAME);
    for (let i = 0; i < 2; i++) {
      expect(JSON.parse(frame.json())).toEqual(FRAME);
      expect(codecs.msgpack.decodeServer(frame.msgpack())).toEqual(FRAME);
    }
    expect(encodings.map((spy) => spy.mock.calls.length)).toEqual([1, 1]);
  });

  it("hands on a room's message as it came, and counts where it is made into text", () => {
    const metrics = new GatewayMetrics();
    const message = { type: 'message', room: 'lobby', seq: 7, at: 1, from: 'ann', data: Uint8Array.of(5) } as const;
    const bytes = fanout.codecs.msgpack.encodeServer(message) as Uint8Array;
    const frame = relayedMessage(bytes, metrics);
    expect(frame.msgpack()).toBe(bytes);
    expect(metrics.transcoded.value).toBe(0);
    // Those who want to know of the sender have it too, where nothing is known.
    for (let i = 0; i < 2; i++) {
      expect(JSON.parse(frame.json())).toEqual({ ...message, data: 5 });
      expect(metrics.transcoded.value).toBe(1);
    }
  });

  it('adds what is known of the sender once, for both encodings', () => {
    const metrics = new GatewayMetrics();
    const message = { type: 'message', room: 'lobby', seq: 7, at: 1, from: 'ann', data: Uint8Array.of(5) } as const;
    const bytes = fanout.codecs.msgpack.encodeServer(message) as Uint8Array;
    const frame = informedMessage({ frame: bytes, info: encodePayload({ name: 'Ann' }) }, metrics);
    const whole = frame.msgpack();
    expect((decodePayload(whole) as readonly unknown[]).at(-1)).toEqual({ name: 'Ann' });
    expect(frame.msgpack()).toBe(whole);
    expect(metrics.transcoded.value).toBe(0);
    expect(JSON.parse(frame.json())).toEqual({ ...message, data: 5, info: { name: 'Ann' } });
    expect(metrics.transcoded.value).toBe(1);
  });
});

describe('an audience while somebody looks at what streams cost', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it.each([
    ['r', true],
    ['i', true],
    ['p', true],
    ['b', false],
    ['c', false],
    ['s', false],
  ] as const)('counts the stream %s as a room’s: %j', (kind, isRoom) => {
    vi.useFakeTimers({ toFake: ['performance'] });
    vi.advanceTimersByTime(1000);
    const { audience, followers, costs, look } = open(kind);
    audience.publish(SOURCE);
    expect(costs()).toEqual([]);
    look();
    audience.publish(SOURCE);
    audience.publish(SOURCE, followers[0]);
    expect(costs()).toEqual([
      ['pit', { isRoom, recipients: 3, bytes: 2 * 4 + 3, ms: 2 }],
      ['pit', { isRoom, recipients: 2, bytes: 4 + 3, ms: 2 }],
    ]);
  });

  const SOURCE = {
    msgpack: () => new Uint8Array(3),
    json: () => {
      vi.advanceTimersByTime(2);
      return 'four';
    },
  };

  function open(kind: StreamKind) {
    const [transport, metrics] = [new FakeTransport(), new GatewayMetrics()];
    const audience = new Audience(kind, 'pit', { publisher: transport, codecs: createCodecs(), metrics });
    const followers = (['json', 'json', 'msgpack'] as const).map((encoding) => ({
      socket: transport.connect(encoding),
      encoding,
    }));
    for (const follower of followers) audience.add(follower);
    const count = vi.spyOn(metrics.sampler, 'countFanout');
    return {
      audience,
      followers,
      costs: () => count.mock.calls,
      look: () => {
        metrics.sampler.isOn = true;
      },
    };
  }
});
