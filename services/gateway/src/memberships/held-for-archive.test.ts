import { OutcryError, type RoomKeeper, type RoomMessage } from '@outcry/broker';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { ArchivePage, ArchiveRange, RoomArchive } from '../archive/room-archive.ts';
import { ALL_RIGHTS } from '../identity/rights/room-rights.ts';
import { type RoomRule, RoomRules } from '../rooms/room-rules.ts';
import { createTestGateway, type TestClient, type TestGateway } from '../testing/create-services.ts';
import type { FakeSocket } from '../testing/fake-transport.ts';

const SWEEP_MS = 100;
/** Of the archive’s absence, as in archive-absence.ts. */
const MAX_ABSENCE_MS = 8000;
const PROBE_MS = 500;
/** What a room in memory has past its count before it cuts it off. */
const SLACK = 64;
const COUNT = 600;
const ROOM = 'kept';

const rule: RoomRule = {
  retention: { count: 1, ms: 60_000 },
  presence: false,
  publish: 'members',
  signal: 'members',
  readHistory: true,
  users: ALL_RIGHTS,
  guests: ALL_RIGHTS,
};
const roomRules = new RoomRules(
  [{ pattern: ROOM, rule: { ...rule, retention: { ...rule.retention, isArchived: true } } }],
  rule,
);

/** Has all that was said, and can be away. */
class TestArchive implements RoomArchive, RoomKeeper {
  readonly kept: RoomMessage[] = [];
  /** Answers so many pages more. */
  answers = Infinity;
  reads = 0;

  begin(): undefined {
    return undefined;
  }

  keep(message: RoomMessage): void {
    this.kept.push(message);
  }

  forget(room: string): void {
    this.kept.splice(0, Infinity, ...this.kept.filter((message) => message.room !== room));
  }

  read({ after = 0, limit, maxBytes }: ArchiveRange): Promise<ArchivePage> {
    this.reads += 1;
    if (this.answers === 0) return Promise.reject(new OutcryError('unavailable', 'away'));
    this.answers -= 1;
    let bytes = 0;
    const behind = this.kept.filter(({ position }) => position.seq > after);
    const end = behind.findIndex(({ frame }, i) => i === limit || (i > 0 && (bytes += frame.length) > maxBytes));
    const messages = behind.slice(0, end < 0 ? behind.length : end);
    return Promise.resolve({
      messages: messages.map((message) => ({ ...message, frame: Buffer.from(message.frame) })),
      hasMore: messages.length < behind.length,
    });
  }

  notReady(): undefined {
    return undefined;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

describe('who comes back to a room whose past is in the archive', () => {
  let archive: TestArchive;
  let gateway: TestGateway;
  let speaker: TestClient;
  let late: TestClient;
  let epoch: string;

  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout', 'performance'] });
    archive = new TestArchive();
    gateway = await createTestGateway({ roomRules, keptIn: archive, limits: { maxFramesPerSecond: 0 } });
    [speaker, late] = ['speaker', 'late'].map((user) => {
      const client = gateway.connect(user);
      gateway.services.connections.add(client.session);
      return client;
    }) as [TestClient, TestClient];
    speaker.send({ type: 'join', room: ROOM });
    await turnsUntil(() => joinedOf(speaker.socket) !== undefined);
    epoch = joinedOf(speaker.socket)?.epoch ?? expect.fail();
    await say(COUNT);
    expect(archive.kept).toHaveLength(COUNT);
    const reader = { backlog: { hasRoom: true } };
    await gateway.services.past.read(reader, { room: ROOM, page: () => ({ before: 10, limit: 1 }) });
    expect(archive.reads).toBe(1);
    archive.reads = 0;
  });
  afterEach(async () => {
    await gateway.stop();
    vi.useRealTimers();
  });

  it('waits for it while it is away for a moment in the midst of that, and misses nothing', async () => {
    archive.answers = 1;
    late.send({ type: 'join', room: ROOM, since: { epoch, seq: 0 } });
    await passUntil(() => seqs(late.socket).length > 0 && archive.reads > 1);
    const before = seqs(late.socket).length;
    await say(3);
    await pass(3 * PROBE_MS);
    expect([seqs(late.socket).length, late.socket.framesOf('reset')]).toEqual([before, []]);
    archive.answers = Infinity;
    await passUntil(() => seqs(late.socket).length === COUNT + 3);
    await say(1);
    expect(seqs(late.socket)).toEqual(range(1, COUNT + 4));
    expect(late.socket.framesOf('reset')).toEqual([]);
    expect(await waits('late')).toBe(0);
  });

  it('waits for it where it is away as it comes, and resumes', async () => {
    archive.answers = 0;
    late.send({ type: 'join', room: ROOM, since: { epoch, seq: 5 } });
    await turnsUntil(() => archive.reads > 0);
    await pass(2 * PROBE_MS);
    expect(joinedOf(late.socket)).toBeUndefined();
    archive.answers = Infinity;
    await passUntil(() => seqs(late.socket).length === COUNT - 5);
    expect(joinedOf(late.socket)).toMatchObject({ recovered: true, seq: 5 });
    expect(seqs(late.socket)).toEqual(range(6, COUNT));
  });

  it('is told that it is away where it stays so, and goes on live; who comes later is told at once', async () => {
    archive.answers = 0;
    late.send({ type: 'join', room: ROOM, since: { epoch, seq: 5 } });
    await turnsUntil(() => archive.reads > 0);
    await pass(MAX_ABSENCE_MS - PROBE_MS);
    expect(joinedOf(late.socket)).toBeUndefined();
    await passUntil(() => joinedOf(late.socket) !== undefined);
    expect(joinedOf(late.socket)).toMatchObject({ recovered: false, away: true });
    await say(1);
    await passUntil(() => seqs(late.socket).includes(COUNT + 1));
    late.send({ type: 'join', room: ROOM, since: { epoch, seq: 5 } });
    await turnsUntil(() => late.socket.framesOf('joined').filter(({ room }) => room === ROOM).length === 2);
    expect(await waits('late')).toBe(2);
  });

  it('starts afresh where it stays away in the midst of that', async () => {
    archive.answers = 1;
    late.send({ type: 'join', room: ROOM, since: { epoch, seq: 0 } });
    await passUntil(() => seqs(late.socket).length > 0 && archive.reads > 1);
    await pass(MAX_ABSENCE_MS - PROBE_MS);
    expect(late.socket.framesOf('reset')).toEqual([]);
    await passUntil(() => late.socket.framesOf('reset').length > 0);
    expect(late.socket.framesOf('reset')).toMatchObject([{ room: ROOM, epoch, seq: COUNT, away: true }]);
    const before = seqs(late.socket).length;
    await say(1);
    await turnsUntil(() => seqs(late.socket).length > before);
    expect(seqs(late.socket).slice(before)).toEqual([COUNT + 1]);
    expect(await waits('late')).toBe(1);
  });

  it('has its other rooms meanwhile', async () => {
    archive.answers = 1;
    for (const client of [speaker, late]) client.send({ type: 'join', room: 'other' });
    late.send({ type: 'join', room: ROOM, since: { epoch, seq: 0 } });
    await passUntil(() => seqs(late.socket).length > 0 && archive.reads > 1);
    speaker.send({ type: 'publish', room: 'other', data: 1 });
    await turnsUntil(() => seqs(late.socket, 'other').length === 1);
    expect(late.socket.framesOf('reset')).toEqual([]);
  });

  it('is waited for no more where it goes again', async () => {
    archive.answers = 1;
    late.send({ type: 'join', room: ROOM, since: { epoch, seq: 0 } });
    await passUntil(() => seqs(late.socket).length > 0 && archive.reads > 1);
    const { reads } = archive;
    late.send({ type: 'leave', id: 1, room: ROOM });
    await turnsUntil(() => late.socket.framesOf('ack').length > 0);
    await pass(2 * PROBE_MS);
    expect([archive.reads, await waits('gone')]).toEqual([reads, 1]);
  });

  /** More than the room keeps, so that the archive alone has the first of it. */
  async function say(count: number): Promise<void> {
    const before = seqs(speaker.socket).length;
    for (let i = 0; i < count; i += 1) speaker.send({ type: 'publish', room: ROOM, data: i });
    await turnsUntil(() => seqs(speaker.socket).length === before + count);
    expect(COUNT).toBeGreaterThan(256 + SLACK);
  }

  /** A step at a time, so that what a timer begins comes to its end before the next. */
  async function pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += SWEEP_MS) {
      vi.advanceTimersByTime(SWEEP_MS);
      for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async function passUntil(isDone: () => boolean): Promise<void> {
    for (let step = 0; step < 30 && !isDone(); step += 1) await pass(SWEEP_MS);
    expect(isDone()).toBe(true);
  }

  async function waits(outcome: string): Promise<number> {
    const { values } = await gateway.services.metrics.archive.waits.get();
    return values.find(({ labels }) => labels['outcome'] === outcome)?.value ?? NaN;
  }
});

function joinedOf(socket: FakeSocket): { readonly epoch: string } | undefined {
  return socket.framesOf('joined').find(({ room }) => room === ROOM);
}

/** The broker delivers in a later turn of the event loop; timers stand still meanwhile. */
async function turnsUntil(isDone: () => boolean): Promise<void> {
  for (let turn = 0; turn < 5000 && !isDone(); turn += 1) await new Promise((resolve) => setImmediate(resolve));
  expect(isDone()).toBe(true);
}

function seqs(socket: FakeSocket, room = ROOM): readonly number[] {
  return socket.framesOf('message').flatMap((message) => (message.room === room ? [message.seq] : []));
}

function range(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
