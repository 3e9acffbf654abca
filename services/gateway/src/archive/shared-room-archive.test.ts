import { OutcryError } from '@outcry/broker';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { ArchivePage, ArchiveRange } from './room-archive.ts';
import { SharedRoomArchive } from './shared-room-archive.ts';

const COUNT = 1000;
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe('SharedRoomArchive', () => {
  let asked: ArchiveRange[];
  let spared: number;
  let bytesOf: number;
  let fault: Error | undefined;
  let archive: SharedRoomArchive;

  beforeEach(() => {
    vi.useFakeTimers();
    [asked, spared, bytesOf, fault] = [[], 0, 1, undefined];
    const read = async (page: ArchiveRange): Promise<ArchivePage> => {
      asked.push(page);
      await Promise.resolve();
      if (fault !== undefined) throw fault;
      const { after = 0, before = COUNT + 1, limit, maxBytes, epoch } = page;
      const all = range(after + 1, Math.min(before - 1, COUNT));
      const count = Math.min(limit, Math.max(1, Math.floor(maxBytes / bytesOf)));
      const seqs = page.after === undefined ? all.slice(-count) : all.slice(0, count);
      const frame = Buffer.of();
      return {
        messages: seqs.map((seq) => ({ position: { epoch, seq }, frame, at: seq })),
        hasMore: seqs.length < all.length,
      };
    };
    const inner = { read, notReady: () => undefined, close: () => Promise.resolve() };
    archive = new SharedRoomArchive(inner, { onSpared: () => (spared += 1) });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const page = { room: 'pit', epoch: 'e', limit: 10_000, maxBytes: 10_000 };

  /** Numbers of all pages from a place on, as who comes back reads them. */
  async function readOn(after: number, limits: Partial<ArchiveRange> = {}): Promise<number[]> {
    const seqs: number[] = [];
    for (let hasMore = true; hasMore;) {
      const next = await archive.read({ ...page, after: seqs.at(-1) ?? after, ...limits });
      expect(next.messages.length).toBeGreaterThan(0);
      seqs.push(...next.messages.map(({ position }) => position.seq));
      ({ hasMore } = next);
    }
    return seqs;
  }

  it('gives everybody all from their place on, and reads the same pages for all', async () => {
    const places = range(0, 99).map((i) => i * 10);
    const all = await Promise.all(places.map((after) => readOn(after)));
    for (const [i, seqs] of all.entries()) expect(seqs).toEqual(range((places[i] ?? 0) + 1, COUNT));
    expect(new Set(asked.map(({ after }) => after))).toEqual(new Set([0, 256, 512, 768]));
    // The last is not the same for ever: it is shared by those alone who ask for it while it is read.
    expect(asked.length).toBeLessThan(10);
    expect(spared).toBeGreaterThan(200);
  });

  it.each([
    ['a limit', { limit: 3 }, 1],
    ['a bound in bytes', { maxBytes: 100 }, 10],
    ['messages larger than a page', { maxBytes: 100 }, 500],
  ])('gives all under %s', async (_, limits, bytes) => {
    bytesOf = bytes;
    expect(await readOn(700, limits)).toEqual(range(701, COUNT));
  });

  it('reads again what was erased since, after a second, and at once what may have grown or has failed', async () => {
    for (let i = 0; i < 2; i++) await archive.read({ ...page, after: 5 });
    expect(asked).toHaveLength(1);
    vi.advanceTimersByTime(1000);
    await archive.read({ ...page, after: 5 });
    expect(asked).toHaveLength(2);
    for (let i = 0; i < 2; i++) await archive.read({ ...page, after: 900 });
    expect(asked).toHaveLength(4);
    fault = new OutcryError('unavailable', 'gone');
    for (let i = 0; i < 2; i++) await expect(archive.read({ ...page, after: 300 })).rejects.toBe(fault);
    expect(asked).toHaveLength(6);
  });

  it('keeps no more than 64 pages', async () => {
    for (const i of range(1, 65)) await archive.read({ ...page, room: `room ${String(i)}`, after: 0 });
    for (const i of [65, 1]) await archive.read({ ...page, room: `room ${String(i)}`, after: 0 });
    expect(asked.length - 65).toBe(1);
  });

  it('hands on what is read backward as it is asked for', async () => {
    const read = { ...page, before: 100, limit: 7 };
    expect((await archive.read(read)).messages.map(({ position }) => position.seq)).toEqual(range(93, 99));
    expect(asked).toEqual([read]);
  });
});
