import type { RoomMessage } from '@outcry/broker';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { createTestGateway, type TestClient, type TestGateway } from '../testing/create-services.ts';

/** More than there are promises between an answer of the broker and the member that goes live. */
const MAX_STEPS = 30;
const SOFT = 1000;
const SWEEP_MS = 100;

let gateway: TestGateway;
let fast: TestClient;
let late: TestClient;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout', 'performance'] });
  gateway = await createTestGateway({ limits: { maxFramesPerSecond: 0, softBufferBytes: SOFT } });
  [fast, late] = [gateway.connect('fast'), gateway.connect('late')];
  gateway.services.connections.add(late.session);
});
afterEach(async () => {
  vi.useRealTimers();
  await gateway.stop();
});

// What is relayed behind a repaired hole is relayed by a promise, between those that the member waits for: a turn of the loop is too coarse.
it.each([
  ['joins with a history', () => ({ history: 9 })],
  ['resumes', (epoch: string) => ({ since: { epoch, seq: 1 } })],
])('who %s has no hole, at whatever step of it a message is relayed', async (_how, optionsFor) => {
  for (let steps = 0; steps < MAX_STEPS; steps += 1) {
    const room = `room-${String(steps)}`;
    const epoch = await join(fast, room);
    await publish(room, 3);
    relayAfter(steps, await keepBack(room));
    await join(late, room, optionsFor(epoch));
    await expectWhole(room, steps);
  }
});

it('who has read again what it missed has no hole, at whatever step of that a message is relayed', async () => {
  for (let steps = 0; steps < MAX_STEPS; steps += 1) {
    const room = `room-${String(steps)}`;
    for (const client of [fast, late]) await join(client, room);
    await publish(room, 1);
    setUnread(SOFT + 1);
    await publish(room, 2);
    const message = await keepBack(room);
    // Of the rooms of before nothing is read, for nothing was missed there.
    relayAfter(steps, message);
    setUnread(0);
    await expectWhole(room, steps);
  }
});

async function expectWhole(room: string, steps: number): Promise<void> {
  await turnsUntil(() => seqs(fast, room).length === 4);
  await publish(room, 1);
  vi.advanceTimersByTime(SWEEP_MS);
  await turnsUntil(() => seqs(late, room).includes(5));
  const [first = 0] = seqs(late, room);
  expect(first).toBeLessThan(4);
  expect([steps, seqs(late, room)]).toEqual([steps, [1, 2, 3, 4, 5].filter((seq) => seq >= first)]);
}

/** So many bytes wait for the client, and the sweep has seen it. */
function setUnread(bytes: number): void {
  late.socket.buffered = bytes;
  vi.advanceTimersByTime(SWEEP_MS);
}

async function join({ send, socket }: TestClient, room: string, options: object = {}): Promise<string> {
  const joined = (): string | undefined => socket.framesOf('joined').find((frame) => frame.room === room)?.epoch;
  send({ type: 'join', room, ...options });
  await turnsUntil(() => joined() !== undefined);
  return joined() ?? expect.fail();
}

async function publish(room: string, count: number): Promise<void> {
  const before = seqs(fast, room).length;
  for (let i = 0; i < count; i += 1) fast.send({ type: 'publish', room, data: i });
  await turnsUntil(() => seqs(fast, room).length === before + count);
}

/** Publishes one that is stored, and not relayed yet. */
async function keepBack(room: string): Promise<RoomMessage> {
  let message: RoomMessage | undefined;
  vi.spyOn(gateway.services.rooms, 'relay').mockImplementationOnce((stored) => {
    message = stored;
  });
  fast.send({ type: 'publish', room, data: 'late' });
  await turnsUntil(() => message !== undefined);
  return message ?? expect.fail();
}

/** The message is relayed so many steps behind the answer to the next read of the past, in the same turn of the loop. */
function relayAfter(steps: number, message: RoomMessage): void {
  const { broker, rooms } = gateway.services;
  const read = broker.readHistory.bind(broker);
  vi.spyOn(broker, 'readHistory').mockImplementationOnce(async (...args) => {
    const history = await read(...args);
    void promises(steps).then(() => {
      rooms.relay(message);
    });
    return history;
  });
}

async function promises(count: number): Promise<void> {
  for (let i = 0; i < count; i += 1) await Promise.resolve();
}

/** The broker delivers in a later turn of the event loop; timers stand still meanwhile. */
async function turnsUntil(isDone: () => boolean): Promise<void> {
  for (let turn = 0; turn < 2000 && !isDone(); turn++) await new Promise((resolve) => setImmediate(resolve));
  expect(isDone()).toBe(true);
}

function seqs({ socket }: TestClient, room: string): readonly number[] {
  return socket.framesOf('message').flatMap((message) => (message.room === room ? [message.seq] : []));
}
