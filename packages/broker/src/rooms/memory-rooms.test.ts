import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MemoryRooms } from './memory-rooms.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const RETENTION = { count: 100, ms: 10 * MINUTE_MS };
const ALL = { after: 0, limit: 1000 };

describe('MemoryRooms', () => {
  let rooms: MemoryRooms;

  beforeEach(() => {
    vi.useFakeTimers();
    rooms = new MemoryRooms(5 * MINUTE_MS);
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const publish = (room: string, key?: string): ReturnType<MemoryRooms['publish']> =>
    rooms.publish({
      room,
      head: new Uint8Array([1]),
      origin: '',
      retention: RETENTION,
      idempotency: key === undefined ? undefined : { sender: 'ann', key },
    });

  it('forgets a message at the end of its retention, to the millisecond', () => {
    publish('pit');
    vi.advanceTimersByTime(RETENTION.ms - 1);
    expect(rooms.read('pit', ALL, RETENTION).messages).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(rooms.read('pit', ALL, RETENTION).messages).toEqual([]);
  });

  it('remembers a key for its window', () => {
    const { position } = publish('pit', 'k');
    vi.advanceTimersByTime(5 * MINUTE_MS - 1);
    expect(publish('pit', 'k')).toEqual({ position, isDuplicate: true });
    vi.advanceTimersByTime(1);
    expect(publish('pit', 'k')).toMatchObject({ position: { seq: 2 }, isDuplicate: false });
  });

  it('goes on numbering for a day after the last publish or join, then begins a new epoch', () => {
    const { position } = publish('pit');
    vi.advanceTimersByTime(DAY_MS - 1);
    expect(rooms.open('pit')).toEqual(position);
    vi.advanceTimersByTime(DAY_MS - 1);
    expect(rooms.open('pit')).toEqual(position);
    vi.advanceTimersByTime(DAY_MS + MINUTE_MS);
    const { epoch, seq } = rooms.open('pit');
    expect(seq).toBe(0);
    expect(epoch).not.toBe(position.epoch);
  });

  it('goes on behind what was kept of a room, and gives away what is archived', () => {
    const kept: [string, number][] = [];
    const begun: string[] = [];
    rooms.keepBy({
      begin: (room, epoch) => {
        begun.push(`${room} ${String(epoch.length)}`);
        return room === 'old' ? { seq: 7, ended: new Map([['before', 7]]) } : undefined;
      },
      keep: ({ room, position }) => kept.push([room, position.seq]),
      forget: () => undefined,
    });
    const archived = { ...RETENTION, isArchived: true };
    const say = (room: string, retention = archived): number =>
      rooms.publish({ room, head: new Uint8Array([1]), origin: '', retention }).position.seq;
    expect([say('old'), say('new'), say('new'), say('new', { ...RETENTION, isArchived: false })]).toEqual([8, 1, 2, 3]);
    expect(kept).toEqual([
      ['old', 8],
      ['new', 1],
      ['new', 2],
    ]);
    expect(begun).toEqual(['old 8', 'new 8']);
    const read = (after: number, epoch: string): unknown => {
      const { head, messages, isContinued } = rooms.read('old', { after, epoch, limit: 10 }, archived);
      return [head.seq, messages.map(({ position }) => position.seq), isContinued];
    };
    expect(read(7, 'before')).toEqual([8, [8], true]);
    expect(read(5, 'before')).toEqual([8, [8], true]);
    // What came behind the newest that was kept is lost: who has seen it has seen what there never was.
    expect(read(8, 'before')).toEqual([8, [], undefined]);
    expect(read(5, 'other')).toEqual([8, [8], undefined]);
  });

  it('forgets only what is forgotten where it was kept', () => {
    const forgotten: string[] = [];
    rooms.keepBy({
      begin: () => undefined,
      keep: () => undefined,
      forget: (room) => {
        forgotten.push(room);
        if (room === 'stuck') throw new Error('not forgotten');
      },
    });
    const stored = (room: string): number => rooms.read(room, { after: 0, limit: 10 }, RETENTION).messages.length;
    for (const room of ['pit', 'stuck'])
      rooms.publish({ room, head: new Uint8Array([1]), origin: '', retention: RETENTION });
    rooms.removeHistory('pit');
    expect(() => rooms.removeHistory('stuck')).toThrow('not forgotten');
    expect([forgotten, stored('pit'), stored('stuck')]).toEqual([['pit', 'stuck'], 0, 1]);
  });
});
