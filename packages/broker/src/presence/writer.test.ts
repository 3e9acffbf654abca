import { describe, expect, it, vi } from 'vitest';
import { OutcryError } from '../outcry-error.ts';
import { MemberLedger } from './member-ledger.ts';
import type { NodeLease, PresenceTable, WriteRequest, Written } from './table.ts';
import { PresenceWriter } from './writer.ts';

const LEASE: NodeLease = { id: 'lease', fence: 1 };

interface Write extends WriteRequest {
  /** Answers as a store that has what it was told, where only the users in the room are given. */
  readonly resolve: (reply: number | Written | 'refused') => void;
  readonly reject: (fault: OutcryError) => void;
}

interface Fixture {
  readonly ledger: MemberLedger;
  readonly writer: PresenceWriter;
  /** Writes that have been sent, in order. */
  readonly writes: Write[];
  readonly refused: NodeLease[];
  readonly leases: string[];
  readonly faults: OutcryError[];
}

function createFixture(lease: () => NodeLease | undefined = () => LEASE): Fixture {
  const writes: Write[] = [];
  const refused: NodeLease[] = [];
  const faults: OutcryError[] = [];
  const leases: string[] = [];
  const stored = new Map<string, Set<string>>();
  const ledger = new MemberLedger();
  const table: Pick<PresenceTable, 'write'> = {
    write: (_, request) => {
      const own = stored.get(request.room) ?? new Set<string>();
      stored.set(request.room, own);
      for (const { user, connections } of request.entries) {
        if (connections > 0) own.add(user);
        else own.delete(user);
      }
      const known = own.size;
      return new Promise((resolve, reject) => {
        writes.push({
          ...request,
          resolve: (reply) => {
            resolve(typeof reply === 'number' ? { count: reply, own: known, leases: [] } : reply);
          },
          reject,
        });
      });
    },
  };
  const writer = new PresenceWriter(ledger, table as PresenceTable, {
    lease,
    handleRefused: (void_) => refused.push(void_),
    handleLeases: (room, ids) => leases.push(`${room} ${ids.join()}`),
    handleFault: (fault) => faults.push(fault),
  });
  return { ledger, writer, writes, refused, leases, faults };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('PresenceWriter', () => {
  it('writes the changes of one turn together, and those that come meanwhile behind them', async () => {
    const { ledger, writer, writes } = createFixture();
    const add = (user: string): void => {
      ledger.add('pit', user);
      writer.wake();
    };
    add('ann');
    add('bob');
    await turn();
    add('cy');
    add('dan');
    await turn();
    expect(writes.map(({ entries }) => entries.map(({ user }) => user))).toEqual([['ann', 'bob']]);
    writes[0]?.resolve(2);
    await turn();
    expect(writes[1]?.entries.map(({ user }) => user)).toEqual(['cy', 'dan']);
  });

  it('has few rooms on their way at a time, and few entries of one', async () => {
    const { ledger, writer, writes } = createFixture();
    for (let i = 0; i < 500; i += 1) {
      ledger.add(`room-${String(i)}`, 'ann');
      ledger.add('room-0', `user-${String(i)}`);
    }
    writer.wake();
    await turn();
    expect(writes).toHaveLength(32);
    expect(writes[0]?.entries).toHaveLength(100);
    for (let done = 0; done < writes.length; done += 1) {
      expect(writes.length - done).toBeLessThanOrEqual(32);
      writes[done]?.resolve(1);
      await turn();
    }
    expect(writes.flatMap(({ entries }) => entries)).toHaveLength(1000);
  });

  it('rests after a fault and forgets nothing', async () => {
    const { ledger, writer, writes, faults } = createFixture();
    ledger.add('pit', 'ann');
    writer.wake();
    await turn();
    writes[0]?.reject(new OutcryError('unavailable', 'no'));
    await turn();
    ledger.add('pit', 'bob');
    writer.wake();
    await turn();
    expect(writes).toHaveLength(1);
    expect(faults).toHaveLength(1);
    writer.resume();
    await turn();
    expect(writes[1]?.entries.map(({ user }) => user).sort()).toEqual(['ann', 'bob']);
    expect(writes[1]?.asksForLeases).toBe(false);
  });

  it('says that the lease is void, and keeps what was refused for the next one', async () => {
    const { ledger, writer, writes, refused } = createFixture();
    ledger.add('pit', 'ann');
    const settling = writer.settle('pit');
    writes[0]?.resolve('refused');
    await expect(settling).rejects.toMatchObject({ code: 'unavailable' });
    expect(refused).toEqual([LEASE]);
    expect(ledger.unwrittenCount('pit')).toBe(1);
  });

  it('sends nothing without a lease', async () => {
    const lease = vi.fn<() => NodeLease | undefined>();
    const { ledger, writer, writes, faults } = createFixture(lease);
    ledger.add('pit', 'ann');
    writer.wake();
    await turn();
    await expect(writer.settle('pit')).rejects.toMatchObject({ code: 'unavailable' });
    expect(writes).toEqual([]);
    // What keeps the lease tells of that.
    expect(faults).toEqual([]);
    lease.mockReturnValue(LEASE);
    writer.resume();
    await turn();
    expect(writes).toHaveLength(1);
  });

  it('settles what there is when it is asked, not what comes later', async () => {
    const { ledger, writer, writes } = createFixture();
    for (let i = 0; i < 150; i += 1) ledger.add('pit', `user-${String(i)}`);
    const settling = writer.settle('pit');
    for (let i = 0; i < 150; i += 1) ledger.add('pit', `late-${String(i)}`);
    writes[0]?.resolve(100);
    await turn();
    for (let i = 0; i < 150; i += 1) ledger.add('pit', `later-${String(i)}`);
    writes[1]?.resolve(150);
    await turn();
    await expect(settling).resolves.toBe(150);
    expect(writes).toHaveLength(2);
  });

  it.each([
    [0, 1],
    [1, 1],
    [100, 1],
    [101, 2],
    [200, 2],
  ])('settles %i users in %i writes', async (users, expected) => {
    const { ledger, writer, writes } = createFixture();
    for (let i = 0; i < users; i += 1) ledger.add('pit', `user-${String(i)}`);
    const settling = writer.settle('pit');
    for (let done = 0; done < expected; done += 1) {
      await turn();
      writes[done]?.resolve(users);
    }
    await expect(settling).resolves.toBe(users);
    expect(writes).toHaveLength(expected);
    expect(writes.flatMap(({ entries }) => entries)).toHaveLength(users);
  });

  it('settles all rooms, a few at a time, those included whose users come meanwhile', async () => {
    const { ledger, writer, writes } = createFixture();
    for (let i = 0; i < 70; i += 1) ledger.add(`room-${String(i)}`, 'ann');
    const settling = writer.settleAll();
    await turn();
    expect(writes).toHaveLength(32);
    ledger.add('late', 'ann');
    for (let done = 0; done < writes.length; done += 1) {
      expect(writes.length - done).toBeLessThanOrEqual(32);
      writes[done]?.resolve(1);
      await turn();
    }
    await settling;
    expect(writes.map(({ room }) => room)).toContain('late');
    expect(writes).toHaveLength(71);
  });

  it('does not say that all is settled where something is not', async () => {
    const { ledger, writer, writes, faults } = createFixture();
    for (const room of ['pit', 'hall']) ledger.add(room, 'ann');
    const settling = writer.settleAll();
    await turn();
    writes[0]?.resolve(1);
    writes[1]?.reject(new OutcryError('unavailable', 'no'));
    await expect(settling).rejects.toMatchObject({ code: 'unavailable' });
    // Whoever asked has been told.
    expect(faults).toEqual([]);
    expect([...ledger.unwrittenRooms()]).toEqual(['hall']);
  });

  it('does not take it for a fault that it has been closed', async () => {
    const { ledger, writer, writes, faults } = createFixture();
    ledger.add('pit', 'ann');
    writer.wake();
    await turn();
    writes[0]?.reject(new OutcryError('closed', 'closed'));
    await turn();
    expect(faults).toEqual([]);
    expect(writes).toHaveLength(1);
  });

  const usersOf = (write: Write | undefined): string[] => (write?.entries ?? []).map(({ user }) => user).sort();

  it('writes a room again of which the store has fewer users than it was told, and counts behind that', async () => {
    const { ledger, writer, writes } = createFixture();
    for (let i = 0; i < 150; i += 1) ledger.add('pit', `user-${String(i)}`);
    const settling = writer.settle('pit');
    writes[0]?.resolve(100);
    await turn();
    writes[1]?.resolve(150);
    await settling;
    const counting = writer.settle('pit');
    expect(writes[2]?.entries).toEqual([]);
    writes[2]?.resolve({ count: 7, own: 0, leases: [] });
    await turn();
    writes[3]?.resolve({ count: 107, own: 100, leases: [] });
    await turn();
    writes[4]?.resolve({ count: 157, own: 150, leases: [] });
    await expect(counting).resolves.toBe(157);
    expect(writes.slice(3).flatMap(usersOf).sort()).toEqual([...new Set(writes.slice(0, 2).flatMap(usersOf))].sort());
    expect(writes).toHaveLength(5);
  });

  it('writes a room again of which only the last write shows that the store has fewer, though nobody waits for that', async () => {
    const { ledger, writer, writes } = createFixture();
    for (let i = 0; i < 150; i += 1) ledger.add('pit', `user-${String(i)}`);
    const settling = writer.settle('pit');
    writes[0]?.resolve(100);
    await turn();
    writes[1]?.resolve({ count: 50, own: 50, leases: [] });
    await expect(settling).resolves.toBe(50);
    for (const done of [2, 3]) {
      await turn();
      writes[done]?.resolve(150);
    }
    expect(writes.slice(2).flatMap(usersOf).sort()).toEqual(writes.slice(0, 2).flatMap(usersOf).sort());
  });

  it('does not compare while something else of the room is under way', async () => {
    const { ledger, writer, writes, refused } = createFixture();
    ledger.add('pit', 'ann');
    writer.wake();
    await turn();
    ledger.add('pit', 'bob');
    const counting = writer.settle('pit');
    // The second of two: by now the first may not have been carried out, and here it has not.
    writes[1]?.resolve({ count: 1, own: 1, leases: [] });
    await expect(counting).resolves.toBe(1);
    writes[0]?.resolve(1);
    await turn();
    expect(writes).toHaveLength(2);
    expect(refused).toEqual([]);
  });

  it('takes another lease where the store has more of it than it was told', async () => {
    const { ledger, writer, writes, refused } = createFixture();
    ledger.add('pit', 'ann');
    const settling = writer.settle('pit');
    writes[0]?.resolve({ count: 2, own: 2, leases: [] });
    await expect(settling).resolves.toBe(2);
    expect(refused).toEqual([LEASE]);
    expect(ledger.unwrittenCount('pit')).toBe(0);
  });

  it('looks at every room when it is told to, a few at a time, and tells whose entries are there', async () => {
    const { ledger, writer, writes, leases } = createFixture();
    const rooms = Array.from({ length: 70 }, (_, i) => `room-${String(i)}`);
    for (const room of rooms) ledger.add(room, 'ann');
    writer.wake();
    for (let done = 0; done < rooms.length; done += 1) {
      await turn();
      writes[done]?.resolve(1);
    }
    await turn();
    expect(writes.every(({ asksForLeases }) => !asksForLeases)).toBe(true);
    writer.review();
    await turn();
    expect(writes).toHaveLength(70 + 32);
    for (let done = 70; done < 140; done += 1) {
      await turn();
      expect(writes.length - done).toBeLessThanOrEqual(32);
      writes[done]?.resolve({ count: 1, own: 1, leases: ['lease', 'lost'] });
    }
    await turn();
    expect(writes).toHaveLength(140);
    const looks = writes.slice(70);
    expect(looks.map(({ room }) => room).sort()).toEqual([...rooms].sort());
    expect(looks.every(({ entries, asksForLeases }) => entries.length === 0 && asksForLeases)).toBe(true);
    expect(leases.sort()).toEqual(rooms.map((room) => `${room} lease,lost`).sort());
  });

  it('looks at a room again that could not be looked at', async () => {
    const { ledger, writer, writes } = createFixture();
    ledger.add('pit', 'ann');
    writer.wake();
    await turn();
    writes[0]?.resolve(1);
    await turn();
    writer.review();
    await turn();
    writes[1]?.reject(new OutcryError('unavailable', 'no'));
    await turn();
    expect(writes).toHaveLength(2);
    writer.resume();
    await turn();
    expect(writes[2]).toMatchObject({ room: 'pit', asksForLeases: true });
  });
});
