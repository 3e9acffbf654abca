import type { RoomMessage } from '@outcry/broker';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { RelayTail } from './relay-tail.ts';

function message(seq: number): RoomMessage {
  return { room: 'lobby', position: { epoch: 'e', seq }, at: 1, origin: '', frame: Buffer.alloc(1) };
}

describe('RelayTail', () => {
  let tail: RelayTail;
  beforeEach(() => {
    vi.useFakeTimers();
    tail = new RelayTail();
    tail.open();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  async function isSettled(waiting: Promise<void>): Promise<boolean> {
    let isDone = false;
    void waiting.then(() => (isDone = true));
    await vi.advanceTimersByTimeAsync(0);
    return isDone;
  }

  it('wakes who waits for a message with that very message, and not with the one before', async () => {
    const waiting = tail.whenRelayed(7, 2000);
    tail.add(message(6));
    expect(await isSettled(waiting)).toBe(false);
    tail.add(message(7));
    expect(await isSettled(waiting)).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('wakes with a later message, too, and each waiter at its own', async () => {
    const [early, late] = [tail.whenRelayed(3, 2000), tail.whenRelayed(9, 2000)];
    tail.add(message(5));
    expect([await isSettled(early), await isSettled(late)]).toEqual([true, false]);
    tail.add(message(9));
    expect(await isSettled(late)).toBe(true);
  });

  it('lets nobody wait for longer than the time limit', async () => {
    const waiting = tail.whenRelayed(7, 2000);
    await vi.advanceTimersByTimeAsync(1999);
    expect(await isSettled(waiting)).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await isSettled(waiting)).toBe(true);
  });

  it('keeps what comes while somebody reads, and forgets it behind the last', () => {
    tail.open();
    for (const seq of [1, 2, 3]) tail.add(message(seq));
    tail.close();
    expect(tail.after(1).map(({ position }) => position.seq)).toEqual([2, 3]);
    tail.close();
    tail.add(message(4));
    tail.open();
    expect(tail.after(0)).toEqual([]);
  });

  it('counts a break, and keeps nothing of before', () => {
    tail.add(message(1));
    tail.break();
    tail.add(message(5));
    expect(tail.breaks).toBe(1);
    expect(tail.after(0).map(({ position }) => position.seq)).toEqual([5]);
  });

  it('says that it is cut when more comes than it keeps, to those who read then and to nobody after them', () => {
    for (let seq = 1; seq <= 10_000; seq += 1) tail.add(message(seq));
    expect(tail.isCut).toBe(false);
    tail.add(message(10_001));
    expect(tail.isCut).toBe(true);
    expect(tail.after(9_999)).toHaveLength(1);
    tail.close();
    tail.open();
    expect([tail.isCut, tail.after(0)]).toEqual([false, []]);
  });
});
