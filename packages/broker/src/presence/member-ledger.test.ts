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
});
