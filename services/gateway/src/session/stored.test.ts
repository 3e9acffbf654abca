import { MemoryHub, OutcryError } from '@outcry/broker';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { ALL_RIGHTS } from '../identity/rights/room-rights.ts';
import { type RoomRule, RoomRules } from '../rooms/room-rules.ts';
import { createTestGateway, type TestClient, type TestGateway } from '../testing/create-services.ts';

const POLL = { interval: 1 };
const UNLIMITED = { bytesPerUser: 0, bytesPerAddress: 0, roomsPerUser: 0, roomsPerAddress: 0 };
const DEFAULT: RoomRule = {
  retention: { count: 100, ms: 60_000 },
  presence: true,
  publish: 'anyone',
  signal: 'anyone',
  readHistory: true,
  users: ALL_RIGHTS,
  guests: ALL_RIGHTS,
};
const RULES = new RoomRules(
  [{ pattern: 'fleeting', rule: { ...DEFAULT, retention: { count: 0, ms: 60_000 } } }],
  DEFAULT,
);

describe('what a session stores', () => {
  const gateways: TestGateway[] = [];
  let hub: MemoryHub;
  beforeEach(() => {
    hub = new MemoryHub();
  });
  afterEach(async () => {
    for (const gateway of gateways.splice(0)) await gateway.stop();
    vi.useRealTimers();
  });

  async function start(stored: Partial<typeof UNLIMITED> = {}): Promise<TestGateway> {
    const gateway = await createTestGateway({ roomRules: RULES, limits: { stored: { ...UNLIMITED, ...stored } } }, hub);
    gateways.push(gateway);
    return gateway;
  }

  let ids = 0;
  async function ask({ send, socket }: TestClient, request: Readonly<Record<string, unknown>>): Promise<Answer> {
    const id = (ids += 1);
    send({ ...request, id });
    return vi.waitUntil(
      () => socket.frames.find((frame) => 'id' in frame && frame.id === id) as Answer | undefined,
      POLL,
    );
  }

  async function answers(client: TestClient, requests: readonly Readonly<Record<string, unknown>>[]): Promise<string> {
    const words: string[] = [];
    for (const request of requests) {
      const { type, code } = await ask(client, request);
      words.push(code ?? type);
    }
    return words.join(' ');
  }

  interface Answer {
    readonly type: string;
    readonly code?: string;
    readonly message?: string;
    readonly seq?: number;
  }

  it('is stored once for each key of a sender, and a repeat is answered as the first was', async () => {
    const gateway = await start();
    const [ann, bob] = [gateway.connect('ann'), gateway.connect('bob')];
    await ask(ann, { type: 'join', room: 'lobby' });
    const seqs: unknown[] = [];
    for (const [client, key] of [
      [ann, 'a'],
      [ann, 'a'],
      [bob, 'a'],
      [ann, 'b'],
      [ann, undefined],
      [ann, undefined],
    ] as const) {
      seqs.push((await ask(client, { type: 'publish', room: 'lobby', data: seqs.length, key })).seq);
    }
    expect(seqs).toEqual([1, 1, 2, 3, 4, 5]);
    expect(ann.socket.framesOf('message').map(({ data }) => data)).toEqual([0, 2, 3, 4, 5]);
  });

  it('counts against its user, but for repeats and for what is not kept', async () => {
    const ann = (await start({ bytesPerUser: 4000 })).connect('ann');
    const say = { type: 'publish', room: 'lobby', data: 'x'.repeat(1000) };
    const many = Array.from({ length: 10 }, (_, i) => i);
    expect(
      await answers(
        ann,
        many.map(() => ({ ...say, key: 'same' })),
      ),
    ).toBe('ack ack ack ack ack ack ack ack ack ack');
    expect(
      await answers(
        ann,
        many.map(() => ({ ...say, room: 'fleeting' })),
      ),
    ).toBe('ack ack ack ack ack ack ack ack ack ack');
    const said = await answers(
      ann,
      many.map((i) => ({ ...say, key: String(i) })),
    );
    expect(said).toMatch(/^ack ack (ack )*limitReached( limitReached)*$/);
    expect(await answers(ann, [{ ...say, room: 'fleeting' }])).toBe('ack');
  });

  // One more than the limit gets in: who has spent too much is known once it is spent.
  it('counts the rooms that it begins: those that it joins first, and those that it speaks in first', async () => {
    const gateway = await start({ roomsPerUser: 1 });
    const [ann, bob] = [gateway.connect('ann'), gateway.connect('bob')];
    for (const room of ['bobs', 'bobs-too']) await ask(bob, { type: 'join', room });
    const said = await answers(ann, [
      { type: 'join', room: 'bobs' },
      { type: 'join', room: 'one' },
      { type: 'join', room: 'one' },
      { type: 'publish', room: 'two', data: 1 },
      { type: 'publish', room: 'two', data: 2 },
      { type: 'join', room: 'three' },
      { type: 'publish', room: 'three', data: 1 },
      { type: 'join', room: 'bobs-too' },
      { type: 'join', room: 'one' },
      { type: 'publish', room: 'two', data: 3 },
    ]);
    expect(said).toBe('joined joined joined ack ack limitReached limitReached joined joined ack');
    expect(await ask(ann, { type: 'publish', room: 'three', data: 1 })).toMatchObject({
      message: expect.stringMatching(/^newRoomsPerUser: the user begins as many new rooms/) as string,
    });
    vi.spyOn(gateway.services.broker, 'publish').mockRejectedValueOnce(new OutcryError('unavailable', 'away'));
    expect(await answers(ann, [{ type: 'publish', room: 'two', data: 4 }])).toBe('unavailable');
  });

  it('counts no room that others have begun on another node', async () => {
    const bob = (await start()).connect('bob');
    const named = (name: string): readonly string[] => Array.from({ length: 6 }, (_, i) => `${name}-${String(i)}`);
    const old = named('old');
    for (const room of old) await ask(bob, { type: 'publish', room, data: 1 });
    const ann = (await start({ roomsPerUser: 1 })).connect('ann');
    const join = async (rooms: readonly string[]): Promise<string> =>
      answers(
        ann,
        rooms.map((room) => ({ type: 'join', room })),
      );
    expect(await join(old)).toBe('joined joined joined joined joined joined');
    expect(await join(named('new'))).toMatch(/^joined joined (joined )*limitReached( limitReached)*$/);
  });

  it('says how long it took, in seconds', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const gateway = await start();
    vi.advanceTimersByTime(3000);
    const { broker, metrics } = gateway.services;
    const publish = broker.publish.bind(broker);
    vi.spyOn(broker, 'publish').mockImplementation((request) => {
      vi.advanceTimersByTime(500);
      return publish(request);
    });
    await ask(gateway.connect('ann'), { type: 'publish', room: 'lobby', data: 1 });
    expect(await metrics.registry.metrics()).toMatch(/outcry_gateway_publish_seconds_sum 0\.5\d*\n/);
  });

  it('has been answered whatever the broker says, but where it is away: then it says nothing of what can be done', async () => {
    const gateway = await start();
    const { services } = gateway;
    const left = vi.spyOn(services.admission, 'leave');
    const publish = vi.spyOn(services.broker, 'publish');
    publish.mockRejectedValueOnce(new OutcryError('unavailable', 'away'));
    publish.mockRejectedValueOnce(new OutcryError('notBegun', 'no'));
    const ann = gateway.connect('ann');
    const say = { type: 'publish', room: 'lobby', data: 1 };
    expect(await answers(ann, [say, say, say])).toBe('unavailable unavailable ack');
    publish.mockRejectedValueOnce(new Error('a fault'));
    ann.send(say);
    await vi.waitUntil(() => ann.socket.closeCode !== undefined, POLL);
    expect(left.mock.calls.map(([isAnswered]) => isAnswered)).toEqual([false, true, true, false]);
  });
});
