import { describe, expect, it } from 'vitest';
import { MemberLedger } from './member-ledger.ts';

describe('MemberLedger', () => {
  it('has a user of several connections written once, with their number', () => {
    const ledger = new MemberLedger();
    ledger.add('pit', 'ann');
    ledger.add('pit', 'ann');
    ledger.add('pit', 'bob');
    expect(ledger.take('pit', 100)).toEqual([
      { user: 'ann', connections: 2 },
      { user: 'bob', connections: 1 },
    ]);
    expect(ledger.unwrittenCount('pit')).toBe(0);
    ledger.remove('pit', 'ann');
    expect(ledger.take('pit', 100)).toEqual([{ user: 'ann', connections: 1 }]);
    ledger.remove('pit', 'ann');
    expect(ledger.take('pit', 100)).toEqual([{ user: 'ann', connections: 0 }]);
    ledger.remove('pit', 'ann');
    expect(ledger.take('pit', 100)).toEqual([]);
  });

  it('gives out as many as asked for, and the rest the next time', () => {
    const ledger = new MemberLedger();
    for (const user of ['a', 'b', 'c']) ledger.add('pit', user);
    expect(ledger.take('pit', 2).map(({ user }) => user)).toEqual(['a', 'b']);
    expect([...ledger.unwrittenRooms()]).toEqual(['pit']);
    expect(ledger.take('pit', 2).map(({ user }) => user)).toEqual(['c']);
    expect([...ledger.unwrittenRooms()]).toEqual([]);
  });

  it('writes what could not be written with the value it has by then', () => {
    const ledger = new MemberLedger();
    ledger.add('pit', 'ann');
    const taken = ledger.take('pit', 100);
    ledger.remove('pit', 'ann');
    ledger.giveBack('pit', taken);
    expect(ledger.take('pit', 100)).toEqual([{ user: 'ann', connections: 0 }]);
  });

  it('has everything written again where the store knows nothing, and nothing of those who have gone', () => {
    const ledger = new MemberLedger();
    ledger.add('pit', 'ann');
    ledger.add('hall', 'ann');
    ledger.add('hall', 'bob');
    ledger.take('pit', 100);
    ledger.remove('pit', 'ann');
    expect(ledger.forgetWritten()).toBe(2);
    expect([...ledger.unwrittenRooms()]).toEqual(['hall']);
    expect(ledger.take('hall', 100)).toHaveLength(2);
  });

  it('knows who is where, and nothing of rooms that everybody has left', () => {
    const ledger = new MemberLedger();
    for (const user of ['ann', 'bob']) ledger.add('pit', user);
    ledger.add('hall', 'ann');
    ledger.remove('hall', 'ann');
    ledger.remove('nowhere', 'ann');
    ledger.remove('pit', 'cy');
    expect([...ledger.rooms()]).toEqual(['pit']);
    expect(['pit', 'hall', 'nowhere'].map((room) => ledger.userCount(room))).toEqual([2, 0, 0]);
    expect(['pit', 'hall', 'nowhere'].map((room) => ledger.unwrittenCount(room))).toEqual([2, 1, 0]);
    expect(ledger.take('nowhere', 100)).toEqual([]);
  });

  it('has what is known of a user written, as it was said last, until the last connection has gone', () => {
    const ledger = new MemberLedger();
    const [old, fresh] = [Uint8Array.of(1), Uint8Array.of(2)];
    ledger.add('pit', 'ann', old);
    ledger.add('pit', 'bob');
    expect(ledger.take('pit', 100)).toStrictEqual([
      { user: 'ann', connections: 1, info: old },
      { user: 'bob', connections: 1 },
    ]);
    ledger.describe('pit', 'ann', fresh);
    expect(ledger.take('pit', 100)).toStrictEqual([{ user: 'ann', connections: 1, info: fresh }]);
    ledger.add('pit', 'bob', old);
    ledger.add('pit', 'ann');
    expect(ledger.take('pit', 100)).toStrictEqual([
      { user: 'bob', connections: 2, info: old },
      { user: 'ann', connections: 2, info: fresh },
    ]);
    for (const connections of [1, 0]) {
      ledger.remove('pit', 'ann');
      const info = connections === 0 ? {} : { info: fresh };
      expect(ledger.take('pit', 100)).toStrictEqual([{ user: 'ann', connections, ...info }]);
    }
    ledger.remove('pit', 'bob');
    ledger.add('pit', 'ann');
    expect(ledger.take('pit', 100)).toStrictEqual([
      { user: 'bob', connections: 1, info: old },
      { user: 'ann', connections: 1 },
    ]);
  });

  it('describes nobody who is not there', () => {
    const ledger = new MemberLedger();
    ledger.add('pit', 'ann');
    ledger.take('pit', 100);
    ledger.describe('pit', 'bob', Uint8Array.of(1));
    ledger.describe('hall', 'ann', Uint8Array.of(1));
    expect([...ledger.unwrittenRooms()]).toEqual([]);
    ledger.add('pit', 'bob');
    expect(ledger.take('pit', 100)).toStrictEqual([{ user: 'bob', connections: 1 }]);
  });

  it('has all of a room written again that the store has lost, and nothing of others', () => {
    const ledger = new MemberLedger();
    for (const room of ['pit', 'hall']) {
      for (const user of ['ann', 'bob']) ledger.add(room, user);
      ledger.take(room, 100);
    }
    ledger.forgetRoom('pit');
    ledger.forgetRoom('nowhere');
    expect([...ledger.unwrittenRooms()]).toEqual(['pit']);
    expect(ledger.take('pit', 100).map(({ user }) => user)).toEqual(['ann', 'bob']);
  });
});
