import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { createTestGateway, type TestGateway } from '../testing/create-services.ts';
import { MAX_SECONDS, Sampler, WINDOW_MS } from './sampler.ts';
import type { LookedAfter } from './sample-window.ts';

function connectionOf(user: string, unreadBytes = 0): LookedAfter {
  return {
    connection: `c-${user}`,
    identity: { user },
    backlog: { unreadBytes },
    streams: { isHoldingBack: unreadBytes > 0 },
  };
}

describe('a sampler', () => {
  let activeMs: number;
  let sampler: Sampler;
  let told: number;
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    activeMs = 0;
    told = 0;
    sampler = new Sampler(() => activeMs);
    sampler.watch(() => {
      told += 1;
    });
  });
  afterEach(() => {
    sampler.stop();
    vi.useRealTimers();
  });

  it('is off until somebody asks, and tells a second’s worth of what a window has seen', () => {
    expect({ isOn: sampler.isOn, latest: sampler.latest }).toEqual({ isOn: false, latest: undefined });
    sampler.sampleFor(1);
    expect(sampler.isOn).toBe(true);
    const [ann, bob] = [connectionOf('ann'), connectionOf('bob', 4000)];
    for (let i = 0; i < 4; i += 1) sampler.countRequest(ann, { type: 'publish', bytes: 100, ms: 0.5 });
    sampler.countRequest(bob, { type: 'ping', bytes: 10, ms: 0.1 });
    sampler.countRequest(bob, { type: undefined, bytes: 10, ms: 0.1 });
    sampler.countSent(ann, 60);
    sampler.countFanout('pit', { isRoom: true, recipients: 200, bytes: 20_000, ms: 1 });
    sampler.countFanout('BTCUSDT/25/250', { isRoom: false, recipients: 2, bytes: 500, ms: 0 });
    for (let i = 0; i < 2; i += 1) {
      sampler.countSweep();
      for (const connection of [ann, bob]) sampler.countLook(connection);
    }
    activeMs += 500;
    vi.advanceTimersByTime(WINDOW_MS);
    expect(sampler.latest).toMatchObject({
      ...{ windowMs: 2000, busy: 0.25 },
      rooms: [{ room: 'pit', messages: 0.5, bytes: 10_000, loopMs: 1 }],
      books: [{ book: 'BTCUSDT/25/250', messages: 0.5, bytes: 250, loopMs: 0.005 }],
      commands: [
        { command: 'publish', requests: 2, loopMs: 1 },
        { command: 'ping', requests: 0.5, loopMs: 0.05 },
      ],
      missed: { rooms: { messages: 0 }, connections: { requests: 0 } },
    });
    const nothing = { bytesOut: 0, unreadBytes: 0, heldBack: 0 };
    expect(sampler.latest?.connections).toEqual([
      { connection: 'c-ann', user: 'ann', ...nothing, requests: 2, loopMs: 1, bytesIn: 200, bytesOut: 30 },
      {
        connection: 'c-bob',
        user: 'bob',
        ...nothing,
        requests: 1,
        loopMs: 0.1,
        bytesIn: 10,
        unreadBytes: 4000,
        heldBack: 1,
      },
    ]);
  });

  it('ends by itself with the window in which the time is over, and lets go of what it told a while later', () => {
    sampler.sampleFor(3);
    vi.advanceTimersByTime(WINDOW_MS);
    expect({ isOn: sampler.isOn, told }).toEqual({ isOn: true, told: 1 });
    vi.advanceTimersByTime(WINDOW_MS);
    expect({ isOn: sampler.isOn, told }).toEqual({ isOn: false, told: 2 });
    expect(sampler.latest).toBeDefined();
    vi.advanceTimersByTime(10_000);
    expect({ isOn: sampler.isOn, latest: sampler.latest, told }).toEqual({ isOn: false, latest: undefined, told: 3 });
  });

  it('goes on for whoever looks the longest, but no longer than it may', () => {
    sampler.sampleFor(10 * MAX_SECONDS);
    sampler.sampleFor(1);
    vi.advanceTimersByTime(MAX_SECONDS * 1000 - 1);
    expect(sampler.isOn).toBe(true);
    vi.advanceTimersByTime(WINDOW_MS);
    expect(sampler.isOn).toBe(false);
  });

  it('begins anew where somebody asks between two times, with nothing of the first', () => {
    sampler.sampleFor(1);
    sampler.countFanout('pit', { isRoom: true, recipients: 1, bytes: 1, ms: 0 });
    vi.advanceTimersByTime(WINDOW_MS);
    sampler.sampleFor(1);
    vi.advanceTimersByTime(WINDOW_MS);
    expect(sampler.latest?.rooms).toEqual([]);
  });

  it('names the loud ones among thousands, and says how much it may have missed', () => {
    sampler.sampleFor(1);
    for (let i = 0; i < 20_000; i += 1) {
      const room = i % 4 === 0 ? 'loud' : `room-${String(i)}`;
      sampler.countFanout(room, { isRoom: true, recipients: 1, bytes: 10, ms: 0 });
    }
    vi.advanceTimersByTime(WINDOW_MS);
    const { rooms, missed } = sampler.latest ?? expect.fail('there is no sample');
    const loud = rooms.find(({ room }) => room === 'loud');
    expect(loud?.messages).toBeGreaterThan(2400);
    expect(loud?.messages).toBeLessThanOrEqual(2500);
    expect(missed.rooms.messages).toBeGreaterThanOrEqual(2500 - (loud?.messages ?? 0));
    expect(missed.rooms.messages).toBeLessThan(0.02 * 10_000);
  });
});

describe('what is sampled of a gateway', () => {
  let gateway: TestGateway;
  beforeEach(async () => {
    gateway = await createTestGateway();
  });
  afterEach(async () => {
    gateway.services.metrics.sampler.stop();
    vi.useRealTimers();
    await gateway.stop();
  });

  it('is the requests of its clients, what they are answered, and what its rooms deliver', async () => {
    const { sampler } = gateway.services.metrics;
    const [ann, bob] = [gateway.connect('ann'), gateway.connect('bob')];
    for (const { send } of [ann, bob]) send({ type: 'join', id: 1, room: 'pit' });
    for (const { socket } of [ann, bob]) await vi.waitUntil(() => socket.framesOf('joined').length === 3);
    // Not the clock: with it goes what says how busy the loop is.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    sampler.sampleFor(1);
    for (let i = 0; i < 10; i += 1) ann.send({ type: 'publish', id: 2 + i, room: 'pit', data: i });
    bob.send({ type: 'ping', id: 2 });
    await vi.waitUntil(() => bob.socket.framesOf('message').length === 10);
    vi.advanceTimersByTime(WINDOW_MS);
    const { windowMs, rooms, connections, commands } = sampler.latest ?? expect.fail('there is no sample');
    const countOf = (perSecond: number): number => Math.round((perSecond * windowMs) / 1000);
    expect(rooms.map(({ room, messages }) => [room, countOf(messages)])).toEqual([['pit', 10]]);
    expect(connections.map(({ user, requests }) => [user, countOf(requests)])).toEqual([
      ['ann', 10],
      ['bob', 1],
    ]);
    expect(commands.map(({ command, requests }) => [command, countOf(requests)])).toEqual([
      ['publish', 10],
      ['ping', 1],
    ]);
    expect(connections.every(({ bytesIn, bytesOut }) => bytesIn > 0 && bytesOut > 0)).toBe(true);
    expect(rooms[0]?.bytes).toBeGreaterThan(0);
  });
});
