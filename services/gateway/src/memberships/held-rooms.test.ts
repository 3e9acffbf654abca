import { OutcryError, type RoomHistory } from '@outcry/broker';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { ALL_RIGHTS } from '../identity/rights/room-rights.ts';
import { RoomRules } from '../rooms/room-rules.ts';
import { EVERYTHING } from '../testing/broker-parts.ts';
import { createTestGateway, type TestClient, type TestGateway } from '../testing/create-services.ts';
import type { FakeSocket } from '../testing/fake-transport.ts';

const SOFT = 1000;
const SWEEP_MS = 100;
const KEPT = 300;
const ROOM = 'lobby';

const roomRules = new RoomRules([], {
  retention: { count: KEPT, ms: 60_000 },
  presence: true,
  publish: 'members',
  signal: 'members',
  readHistory: true,
  users: ALL_RIGHTS,
  guests: ALL_RIGHTS,
});

describe('the rooms of a session that lags', () => {
  let gateway: TestGateway;
  let slow: TestClient;
  let fast: TestClient;
  let published: number;

  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout', 'performance'] });
    const limits = { softBufferBytes: SOFT, hardBufferBytes: 1e6, laggingTimeoutMs: 60_000, maxFramesPerSecond: 0 };
    gateway = await createTestGateway({ roomRules, limits });
    published = 0;
    [slow, fast] = [open('slow'), open('fast')];
    for (const client of [slow, fast]) await join(client, ROOM);
  });
  afterEach(async () => {
    vi.useRealTimers();
    await gateway.stop();
  });

  it('wait for it, and then come in order, each once, with what follows behind them', async () => {
    await publish(3);
    setUnread(SOFT + 1);
    expect(slow.socket.framesOf('lagging')).toHaveLength(1);
    await publish(280);
    expect(seqs(slow.socket)).toEqual(range(1, 3));
    setUnread(0);
    await turnsUntil(() => seqs(slow.socket).length === 283);
    await publish(2);
    await turnsUntil(() => seqs(slow.socket).length === 285);
    expect(seqs(slow.socket)).toEqual(range(1, 285));
    expect(slow.socket.framesOf('reset')).toEqual([]);
    expect(await counts()).toEqual({ heldBack: 3, caughtUp: 3, reset: 0, left: 0 });
  });

  it('are read on a part at a time, no faster than it reads, while more is published', async () => {
    setUnread(SOFT + 1);
    await publish(200, 'x'.repeat(1000));
    slow.socket.bytesPerSend = 1000;
    const parts: number[] = [];
    for (let read = 0; read < 20 && seqs(slow.socket).length < published; read++) {
      const before = seqs(slow.socket).length;
      slow.socket.buffered = 0;
      slow.session.drained();
      await turnsUntil(() => seqs(slow.socket).length > before);
      parts.push(seqs(slow.socket).length - before);
      if (read < 3) await publish(10, 'x'.repeat(1000));
    }
    expect(Math.max(...parts)).toBeLessThan(70);
    expect(parts.length).toBeGreaterThan(3);
    expect(seqs(slow.socket)).toEqual(range(1, published));
  });

  it('are read from the broker once, however slowly it reads', async () => {
    const read = vi.spyOn(gateway.services.broker, 'readHistory');
    setUnread(SOFT + 1);
    await publish(KEPT, 'x'.repeat(1000));
    slow.socket.bytesPerSend = 100;
    while (seqs(slow.socket).length < published) {
      const before = seqs(slow.socket).length;
      slow.socket.buffered = 0;
      slow.session.drained();
      await turnsUntil(() => seqs(slow.socket).length > before);
    }
    expect(seqs(slow.socket)).toEqual(range(1, published));
    const pages = await Promise.all(read.mock.results.map(async ({ value }) => value as Promise<RoomHistory>));
    expect(pages.length).toBeGreaterThan(3);
    expect(pages.reduce((sum, { messages }) => sum + messages.length, 0)).toBe(published);
  });

  it('are reset where what was missed is not kept any more', async () => {
    setUnread(SOFT + 1);
    await publish(KEPT + 10);
    setUnread(0);
    await turnsUntil(() => slow.socket.framesOf('reset').length === 1);
    expect(slow.socket.framesOf('reset')).toMatchObject([{ room: ROOM, seq: KEPT + 10 }]);
    await publish(1);
    expect(seqs(slow.socket)).toEqual([KEPT + 11]);
    expect(await counts()).toEqual({ heldBack: 3, caughtUp: 2, reset: 1, left: 0 });
  });

  it('do not echo what it published itself where it does not want that', async () => {
    await join(slow, ROOM, { echo: false });
    setUnread(SOFT + 1);
    await publish(1);
    slow.send({ type: 'publish', id: 9, room: ROOM, data: 'own' });
    await turnsUntil(() => slow.socket.framesOf('ack').some(({ id }) => id === 9));
    published += 1;
    await publish(1);
    setUnread(0);
    await turnsUntil(() => seqs(slow.socket).length === 2);
    expect(seqs(slow.socket)).toEqual([1, 3]);
  });

  it('wait likewise for who joins one of which it missed more than it reads at once', async () => {
    await publish(200, 'x'.repeat(1000));
    const { socket, send, session } = open('late');
    socket.bytesPerSend = 1000;
    send({ type: 'join', room: ROOM, history: 200 });
    await turnsUntil(() => socket.framesOf('joined').some(({ room }) => room === ROOM));
    expect(seqs(socket).length).toBeLessThan(70);
    await publish(5);
    while (seqs(socket).length < published) {
      const before = seqs(socket).length;
      socket.buffered = 0;
      session.drained();
      await turnsUntil(() => seqs(socket).length > before);
    }
    await publish(1);
    expect(seqs(socket)).toEqual(range(1, published));
    expect(socket.framesOf('lagging')).toEqual([]);
    expect(socket.closeCode).toBeUndefined();
  });

  it('wait for each other where it joins many at once', async () => {
    const names = Array.from({ length: 20 }, (_, i) => `room-${String(i)}`);
    for (const room of names) await publish(70, 'x'.repeat(1000), room);
    const { socket, send, session } = open('late');
    socket.bytesPerSend = 1000;
    for (const room of names) send({ type: 'join', room, history: 70 });
    await turnsUntil(() => socket.framesOf('joined').length === names.length + 2);
    const total = (): number => socket.framesOf('message').length;
    expect(total()).toBeLessThan(70);
    vi.advanceTimersByTime(SWEEP_MS);
    while (total() < names.length * 70) {
      const before = total();
      socket.buffered = 0;
      session.drained();
      await turnsUntil(() => total() > before);
    }
    for (const room of names) expect(seqs(socket, room)).toEqual(range(1, 70));
    expect(socket.closeCode).toBeUndefined();
  });

  it('hold back a room that it joins while it lags, and owe it nothing of one that it leaves', async () => {
    setUnread(SOFT + 1);
    await join(slow, 'other');
    await publish(2, 'x', 'other');
    expect(seqs(slow.socket, 'other')).toEqual([]);
    await publish(2);
    slow.send({ type: 'leave', id: 10, room: ROOM });
    setUnread(0);
    await turnsUntil(() => seqs(slow.socket, 'other').length === 2);
    expect(seqs(slow.socket)).toEqual([]);
    expect(await counts()).toEqual({ heldBack: 4, caughtUp: 3, reset: 0, left: 1 });
  });

  it('wait for a broker that is away, too', async () => {
    setUnread(SOFT + 1);
    await publish(2);
    const { broker } = gateway.services;
    const read = vi.spyOn(broker, 'readHistory').mockRejectedValueOnce(new OutcryError('unavailable', 'away'));
    setUnread(0);
    await turnsUntil(() => read.mock.calls.length === 1);
    expect(seqs(slow.socket)).toEqual([]);
    vi.advanceTimersByTime(1000 + SWEEP_MS);
    await turnsUntil(() => seqs(slow.socket).length === 2);
  });

  it('tell it afterwards that they are stale, or fresh again', async () => {
    setUnread(SOFT + 1);
    gateway.services.rooms.showStatus('down', EVERYTHING);
    expect(slow.socket.framesOf('stale').filter(({ room }) => room === ROOM)).toEqual([]);
    setUnread(0);
    await turnsUntil(() => slow.socket.framesOf('stale').some(({ room }) => room === ROOM));
    gateway.services.rooms.showStatus('up', EVERYTHING);
    expect(slow.socket.framesOf('fresh').filter(({ room }) => room === ROOM)).toHaveLength(1);
  });

  function open(user: string): TestClient {
    const client = gateway.connect(user);
    gateway.services.connections.add(client.session);
    return client;
  }

  async function join({ send, socket }: TestClient, room: string, options: object = {}): Promise<void> {
    const joined = (): number => socket.framesOf('joined').filter((frame) => frame.room === room).length;
    const before = joined();
    send({ type: 'join', room, history: 0, ...options });
    await turnsUntil(() => joined() > before);
  }

  /** So many bytes wait for the slow client, and the sweep has seen it. */
  function setUnread(bytes: number): void {
    slow.socket.buffered = bytes;
    vi.advanceTimersByTime(SWEEP_MS);
  }

  async function publish(count: number, data = 'x', room = ROOM): Promise<void> {
    if (room !== ROOM) await join(fast, room);
    else published += count;
    const before = seqs(fast.socket, room).length;
    for (let i = 0; i < count; i++) fast.send({ type: 'publish', room, data });
    await turnsUntil(() => seqs(fast.socket, room).length === before + count);
  }

  async function counts(): Promise<Record<string, number>> {
    const { roomsHeldBack, roomsReleased } = gateway.services.metrics;
    const held = (await roomsHeldBack.get()).values[0]?.value ?? 0;
    const released = (await roomsReleased.get()).values;
    const count = (outcome: string): number => released.find(({ labels }) => labels['outcome'] === outcome)?.value ?? 0;
    return { heldBack: held, caughtUp: count('caughtUp'), reset: count('reset'), left: count('left') };
  }
});

/** The broker delivers in a later turn of the event loop; timers stand still meanwhile. */
async function turnsUntil(isDone: () => boolean): Promise<void> {
  for (let turn = 0; turn < 2000 && !isDone(); turn++) await new Promise((resolve) => setImmediate(resolve));
  expect(isDone()).toBe(true);
}

function seqs(socket: FakeSocket, room = ROOM): readonly number[] {
  return socket.framesOf('message').flatMap((message) => (message.room === room ? [message.seq] : []));
}

function range(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
