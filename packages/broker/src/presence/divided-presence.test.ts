import { beforeEach, describe, expect, it } from 'vitest';
import { OutcryError } from '../outcry-error.ts';
import { DividedPresence } from './divided-presence.ts';
import type { PresenceHandler, PresenceStore, RoomMembers } from './store.ts';

const HANDLER: PresenceHandler = {
  handleMember: () => undefined,
  handleReaped: () => undefined,
  handleRestored: () => undefined,
  handleFault: () => undefined,
};

/** Keeps what it is asked for, and fails where it is away. */
class FakeStore implements PresenceStore {
  readonly calls: string[] = [];
  isAway = false;

  start(): Promise<void> {
    return this.#answer('start', undefined);
  }

  add(room: string, user: string): void {
    this.calls.push(`add ${room} ${user}`);
  }

  describe(room: string, user: string): void {
    this.calls.push(`describe ${room} ${user}`);
  }

  remove(room: string, user: string): void {
    this.calls.push(`remove ${room} ${user}`);
  }

  count(room: string): Promise<number> {
    return this.#answer(`count ${room}`, 7);
  }

  list(room: string, limit: number): Promise<RoomMembers> {
    return this.#answer(`list ${room} ${String(limit)}`, { count: 7, members: [] });
  }

  handOver(afterMs: number): Promise<void> {
    return this.#answer(`handOver ${String(afterMs)}`, undefined);
  }

  #answer<T>(call: string, value: T): Promise<T> {
    this.calls.push(call);
    return this.isAway ? Promise.reject(new OutcryError('unavailable', 'away')) : Promise.resolve(value);
  }
}

describe('DividedPresence', () => {
  let left: FakeStore;
  let right: FakeStore;
  let presence: DividedPresence;

  beforeEach(() => {
    left = new FakeStore();
    right = new FakeStore();
    presence = new DividedPresence([left, right], (room) => (room.startsWith('l') ? left : right));
  });

  it('asks about a room where it is, and nobody else', async () => {
    presence.add('lobby', 'ann');
    presence.remove('lobby', 'ann');
    expect(await presence.count('lobby')).toBe(7);
    expect(await presence.list('lobby', 3)).toEqual({ count: 7, members: [] });
    presence.add('roof', 'ben');
    expect(left.calls).toEqual(['add lobby ann', 'remove lobby ann', 'count lobby', 'list lobby 3']);
    expect(right.calls).toEqual(['add roof ben']);
  });

  it('takes part in all, and hands over in all', async () => {
    await presence.start(HANDLER);
    await presence.handOver(10);
    for (const { calls } of [left, right]) expect(calls).toEqual(['start', 'handOver 10']);
  });

  it('goes on where one of them is away, and does not start without it', async () => {
    left.isAway = true;
    await expect(presence.start(HANDLER)).rejects.toMatchObject({ code: 'unavailable' });
    await expect(presence.count('lobby')).rejects.toMatchObject({ code: 'unavailable' });
    expect(await presence.count('roof')).toBe(7);
  });
});
