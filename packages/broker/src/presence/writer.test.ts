import type { MemberEntry } from '@outcry/protocol';
import { describe, expect, it, vi } from 'vitest';
import { OutcryError } from '../outcry-error.ts';
import { MemberLedger } from './member-ledger.ts';
import type { NodeLease, PresenceTable } from './table.ts';
import { PresenceWriter } from './writer.ts';

const LEASE: NodeLease = { id: 'lease', fence: 1 };

interface Write {
  readonly room: string;
  readonly entries: readonly MemberEntry[];
  readonly resolve: (reply: number | 'refused') => void;
  readonly reject: (fault: OutcryError) => void;
}

interface Fixture {
  readonly ledger: MemberLedger;
  readonly writer: PresenceWriter;
  /** Writes that have been sent, in order. */
  readonly writes: Write[];
  readonly refused: NodeLease[];
  readonly faults: OutcryError[];
}

function createFixture(lease: () => NodeLease | undefined = () => LEASE): Fixture {
  const writes: Write[] = [];
  const refused: NodeLease[] = [];
  const faults: OutcryError[] = [];
  const ledger = new MemberLedger();
  const table: Pick<PresenceTable, 'write'> = {
    write: (_, room, entries) =>
      new Promise((resolve, reject) => {
        writes.push({ room, entries, resolve, reject });
      }),
  };
  const writer = new PresenceWriter(ledger, table as PresenceTable, {
    lease,
    handleRefused: (void_) => refused.push(void_),
    handleFault: (fault) => faults.push(fault),
  });
  return { ledger, writer, writes, refused, faults };
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
    const { ledger, writer, writes } = createFixture(lease);
    ledger.add('pit', 'ann');
    writer.wake();
    await turn();
    await expect(writer.settle('pit')).rejects.toMatchObject({ code: 'unavailable' });
    expect(writes).toEqual([]);
    lease.mockReturnValue(LEASE);
    writer.resume();
    await turn();
    expect(writes).toHaveLength(1);
  });

  it('settles what there is when it is asked, not what comes later', async () => {
    const { ledger, writer, writes } = createFixture();
    for (let i = 0; i < 150; i += 1) ledger.add('pit', `user-${String(i)}`);
    const settling = writer.settle('pit');
    writes[0]?.resolve(100);
    await turn();
    for (let i = 0; i < 150; i += 1) ledger.add('pit', `late-${String(i)}`);
    writes[1]?.resolve(150);
    await expect(settling).resolves.toBe(150);
    expect(writes).toHaveLength(2);
  });
});
