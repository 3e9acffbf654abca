import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryHub } from '../memory/hub.ts';
import { createMemoryPresence, type MemoryPresence } from './memory-presence.ts';
import { MemoryPresenceTable } from './memory-table.ts';
import type { NodeLease, TendRequest, WriteRequest } from './table.ts';

const MINE: NodeLease = { id: 'mine', fence: 1 };
const LOST: NodeLease = { id: 'lost', fence: 1 };
const TEND: TendRequest = { id: MINE.id, leaseMs: 60_000, claimMs: 60_000, maxGapMs: 60_000 };
const ANN: WriteRequest = { room: 'pit', entries: [{ user: 'ann', connections: 2 }], asksForLeases: false };

describe('MemoryPresenceTable', () => {
  let hub: MemoryPresence;
  let table: MemoryPresenceTable;

  beforeEach(async () => {
    hub = new MemoryHub().part(createMemoryPresence);
    table = new MemoryPresenceTable(hub);
    for (const lease of [MINE, LOST]) await table.begin(lease, 60_000);
  });

  it('takes a step at once, and answers in a later turn as a network does', async () => {
    const events: string[] = [];
    const writing = table.write(MINE, ANN).then(() => events.push('answered'));
    expect(hub.list('pit', 10)).toEqual({ count: 1, members: [{ user: 'ann', connections: 2 }] });
    await Promise.resolve().then(() => events.push('this turn is over'));
    await writing;
    expect(events).toEqual(['this turn is over', 'answered']);
  });

  it('refuses what is written under a fence that was raised, and raises none of a lease that it does not know', async () => {
    expect(await table.raiseFence({ ...MINE, fence: 2 })).toBe(true);
    expect(await table.raiseFence({ ...MINE, fence: 2 })).toBe(false);
    expect(await table.raiseFence({ id: 'unknown', fence: 2 })).toBe(false);
    expect(await table.write(MINE, ANN)).toBe('refused');
    expect(await table.write({ ...MINE, fence: 2 }, ANN)).toEqual({ count: 1, own: 1, leases: [] });
  });

  it.each(['expire', 'giveUp'] as const)('hands out a lease behind %s, and clears it away', async (end) => {
    await table.write(LOST, ANN);
    expect(await table.tend(TEND)).toEqual({ isHeld: true, expired: [], evictions: 0 });
    await table[end](LOST.id, 0);
    expect(await table.tend(TEND)).toEqual({ isHeld: true, expired: [LOST.id], evictions: 0 });
    expect(await table.write(LOST, ANN)).toBe('refused');
    expect(await table.reap(LOST.id)).toBe(1);
    expect(await table.list('pit', 10)).toEqual({ count: 0, members: [] });
  });

  it('forgets nothing by itself: it is the same run, and nothing needs to be kept or looked after', async () => {
    for (const _ of ['first', 'second']) expect(await table.readRun()).toBe('memory');
    expect(await table.keep()).toBe(true);
    expect(await table.lookAfter()).toBe(0);
  });
});
