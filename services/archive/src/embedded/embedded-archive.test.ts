import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { OutcryError, type RoomMessage } from '@outcry/broker';
import { appendSeq, encodeMessageHead, encodePayload } from '@outcry/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { SqliteArchive } from '../store/sqlite/sqlite-archive.ts';
import { EmbeddedArchive } from './embedded-archive.ts';

const MIB = 1024 * 1024;
const ALL = { room: 'pit', after: 0, limit: 1000, maxBytes: 1024 * MIB };

let folder: string;
let log: string[];
beforeEach(() => {
  vi.useFakeTimers();
  folder = mkdtempSync(join(tmpdir(), 'outcry-embedded-'));
  log = [];
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
  rmSync(folder, { recursive: true });
});

function open(): Promise<EmbeddedArchive> {
  const note = (...words: readonly unknown[]): void => {
    log.push(...words.filter((word) => typeof word === 'string'));
  };
  return EmbeddedArchive.open({ folder, maxBytes: 1024 * MIB, logger: { info: note, warn: note } });
}

function message(seq: number, { epoch = 'a', bytes = 10 } = {}): RoomMessage {
  const head = encodeMessageHead({ room: 'pit', from: 'ann', at: 1, data: encodePayload('x'.repeat(bytes)) });
  return { room: 'pit', position: { epoch, seq }, frame: appendSeq(head, seq), origin: '', at: seq };
}

const seqsOf = async (archive: EmbeddedArchive, epoch: string): Promise<readonly number[]> =>
  (await archive.read({ ...ALL, epoch })).messages.map(({ position }) => position.seq);

function countWrites(): () => number {
  const write = vi.spyOn(SqliteArchive.prototype, 'write');
  return () => write.mock.calls.reduce((sum, [, { messages }]) => sum + messages.length, 0);
}

function failWrites(): { mockRestore(): void } {
  return vi.spyOn(SqliteArchive.prototype, 'write').mockImplementation(() => {
    throw new OutcryError('unavailable', 'SQLite: database or disk is full');
  });
}

describe('the embedded archive', () => {
  it('writes what is said within a tenth of a second, and at once where it is much', async () => {
    const archive = await open();
    const written = countWrites();
    archive.keep(message(1));
    archive.keep(message(2));
    vi.advanceTimersByTime(99);
    expect(written()).toBe(0);
    vi.advanceTimersByTime(1);
    expect(written()).toBe(2);
    for (let seq = 3; seq < 15; seq++) archive.keep(message(seq, { bytes: 60_000 }));
    expect(written()).toBeGreaterThan(10);
    await archive.close();
  });

  it('goes on behind what it has, in the next process, and is one order of numbers', async () => {
    const first = await open();
    for (const seq of [1, 2, 3]) first.keep(message(seq));
    // Before it was written.
    expect(first.begin('pit', 'b')).toEqual({ seq: 3, ended: new Map([['a', 3]]) });
    first.keep(message(4, { epoch: 'b' }));
    await first.close();
    const second = await open();
    expect(second.begin('pit', 'c')?.seq).toBe(4);
    expect(second.begin('other', 'x')).toBeUndefined();
    expect(await seqsOf(second, 'c')).toEqual([1, 2, 3, 4]);
    const { messages, hasMore } = await second.read({ ...ALL, after: undefined, before: 4, epoch: 'c', limit: 2 });
    expect([messages.map(({ position }) => position.seq), hasMore]).toEqual([[2, 3], true]);
    await second.close();
  });

  it('keeps what cannot be written until it can, says so, and gives nothing away that it does not have', async () => {
    const archive = await open();
    expect(archive.notReady()).toBeUndefined();
    const failing = failWrites();
    archive.keep(message(1));
    vi.advanceTimersByTime(100);
    expect(archive.notReady()).toBe('what is said cannot be kept: the log says why');
    expect(() => archive.begin('pit', 'b')).toThrow('what was kept of the room cannot be read now');
    archive.keep(message(2));
    failing.mockRestore();
    vi.advanceTimersByTime(1000);
    expect(archive.notReady()).toBeUndefined();
    expect(await seqsOf(archive, 'a')).toEqual([1, 2]);
    expect(log).toEqual(['archive found', 'archive fault', 'archive found']);
    await archive.close();
  });

  it('lets rooms begin while others wait for the file, and has their past when that can be written', async () => {
    const first = await open();
    first.keep(message(1));
    await first.close();
    const archive = await open();
    const failing = failWrites();
    const begin = vi.spyOn(SqliteArchive.prototype, 'begin').mockImplementation(() => {
      throw new OutcryError('unavailable', 'SQLite: database or disk is full');
    });
    archive.keep({ ...message(1), room: 'other' });
    expect(archive.begin('fresh', 'x')).toBeUndefined();
    expect(archive.begin('pit', 'b')).toEqual({ seq: 1, ended: new Map([['a', 1]]) });
    archive.keep(message(2, { epoch: 'b' }));
    await expect(archive.read({ ...ALL, epoch: 'b' })).rejects.toThrow('what was kept of the room cannot be read now');
    begin.mockRestore();
    failing.mockRestore();
    vi.advanceTimersByTime(1000);
    expect(await seqsOf(archive, 'b')).toEqual([1, 2]);
    await archive.close();
  });

  it('forgets what was said, and goes on with the numbers', async () => {
    const first = await open();
    for (const seq of [1, 2]) first.keep(message(seq));
    first.forget('pit');
    first.keep(message(3));
    expect(await seqsOf(first, 'a')).toEqual([3]);
    first.forget('pit');
    await first.close();
    const second = await open();
    expect(second.begin('pit', 'b')?.seq).toBe(3);
    expect(await seqsOf(second, 'b')).toEqual([]);
    await second.close();
  });

  it('does not say that it has forgotten what it has still', async () => {
    const archive = await open();
    archive.keep(message(1));
    vi.spyOn(SqliteArchive.prototype, 'forget').mockImplementation(() => {
      throw new OutcryError('unavailable', 'SQLite: database or disk is full');
    });
    expect(() => {
      archive.forget('pit');
    }).toThrow('disk is full');
    expect(await seqsOf(archive, 'a')).toEqual([1]);
    await archive.close();
  });

  it('says that the file is broken from when it finds out, whatever can be written meanwhile', async () => {
    const archive = await open();
    const cause = Object.assign(new Error('database disk image is malformed'), { errcode: 11 });
    vi.spyOn(SqliteArchive.prototype, 'numberingOf').mockImplementation(() => {
      throw new OutcryError('unavailable', `SQLite: ${cause.message}`, { cause });
    });
    expect(() => archive.begin('pit', 'b')).toThrow('malformed');
    archive.keep({ ...message(1), room: 'other' });
    vi.advanceTimersByTime(1000);
    expect(archive.notReady()).toBe('the file of messages is broken: stop, move it away, and start again');
    expect(log).toContain('archive fault');
    await archive.close();
  });

  it('gives up the older half of what is too much, and notes it as a gap', async () => {
    const archive = await open();
    const failing = failWrites();
    // 40 of a megabyte, twice: as text and as a frame.
    for (let seq = 1; seq <= 40; seq++) archive.keep(message(seq, { bytes: MIB }));
    failing.mockRestore();
    const write = vi.spyOn(SqliteArchive.prototype, 'write');
    await archive.close();
    const [, { messages, gaps }] = write.mock.calls[0] ?? expect.fail('it writes');
    const first = messages[0]?.seq ?? 0;
    expect(first).toBeGreaterThan(15);
    expect(messages.map(({ seq }) => seq)).toEqual(Array.from({ length: 41 - first }, (_, i) => first + i));
    expect(gaps).toEqual([{ room: 'pit', epoch: 'a', first: 1, last: first - 1, reason: 'trimmed' }]);
    expect(log).toContain('messages not kept: the file could not be written for too long');
  });
});
