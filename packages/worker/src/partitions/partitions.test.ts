import { type Lease, type LeaseGrant, type LeaseNote, type LeaseRefusal, OutcryError } from '@outcry/broker';
import { processName } from '@outcry/service';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { PartitionTerm } from './held-partition.ts';
import { Partitions } from './partitions.ts';

const NAMES = Array.from({ length: 16 }, (_, i) => String(i));
const TIMES = { leaseMs: 3000, renewMs: 1000 };
const SILENT = { info: () => undefined, warn: () => undefined };

/** Who is there, as a database would tell them. */
class Attendance {
  readonly until = new Map<string, number>();

  attend(service: string, forMs: number): readonly string[] {
    this.until.set(service, performance.now() + forMs);
    return [...this.until].filter(([, until]) => until > performance.now()).map(([name]) => name);
  }
}

/** Leases by the clock of the test, which answer in its own turn. */
class ScriptedLeases implements Lease {
  readonly notes = new Map<string, LeaseNote>();
  readonly #held = new Map<string, { readonly fence: number; until: number }>();
  readonly #watches: ((name: string) => void)[] = [];
  #granted = 0;

  acquire(name: string, leaseMs: number, above = 0): Promise<LeaseGrant | LeaseRefusal> {
    const heldForMs = (this.#held.get(name)?.until ?? -Infinity) - performance.now();
    if (heldForMs > 0) return Promise.resolve({ heldForMs });
    this.#granted = Math.max(this.#granted, above) + 1;
    this.#held.set(name, { fence: this.#granted, until: performance.now() + leaseMs });
    return Promise.resolve({ name, fence: this.#granted, leaseMs });
  }

  renew({ name, fence, leaseMs }: LeaseGrant, note?: LeaseNote): Promise<boolean> {
    const held = this.#held.get(name);
    if (note !== undefined) this.notes.set(name, note);
    if (held?.fence !== fence || held.until <= performance.now()) return Promise.resolve(false);
    held.until = performance.now() + leaseMs;
    return Promise.resolve(true);
  }

  release({ name, fence }: LeaseGrant): Promise<void> {
    if (this.#held.get(name)?.fence === fence) {
      this.#held.delete(name);
      for (const onReleased of this.#watches) onReleased(name);
    }
    return Promise.resolve();
  }

  watch(onReleased: (name: string) => void): Promise<void> {
    this.#watches.push(onReleased);
    return Promise.resolve();
  }
}

/** A service whose ways to lease and roster a test can cut. */
class Member {
  readonly partitions: Partitions;
  readonly reading = new Map<string, PartitionTerm>();
  readonly fences: number[] = [];
  /** What it writes into has seen so high a fence of each partition. */
  seenFence = 0;
  assigned: readonly string[] = [];
  isCutFromLeases = false;
  isCutFromRoster = false;
  departures = 0;
  /** How long what is under way takes to end. */
  endingMs = 0;

  constructor(service: string, lease: Lease, attendance: Attendance) {
    const reach = <T>(call: () => Promise<T>): Promise<T> =>
      this.isCutFromLeases ? Promise.reject(new OutcryError('unavailable', 'Redis is away')) : call();
    this.partitions = new Partitions({
      names: NAMES,
      leaseOf: (name) => `outbox/${name}`,
      service,
      roster: {
        attend: (forMs) => Promise.resolve(this.isCutFromRoster ? undefined : attendance.attend(service, forMs)),
        leave: () => {
          this.departures += 1;
          attendance.until.delete(service);
          return Promise.resolve();
        },
      },
      lease: {
        acquire: (name, leaseMs, above) => reach(() => lease.acquire(name, leaseMs, above)),
        renew: (grant, note) => reach(() => lease.renew(grant, note)),
        release: (grant) => reach(() => lease.release(grant)),
        watch: (onReleased) => lease.watch(onReleased),
      },
      fenceOf: () => this.seenFence,
      onAssigned: (names) => {
        this.assigned = names;
      },
      times: TIMES,
      read: (term) => this.#read(term),
      figuresOf: (name) => ({ waiting: Number(name) }),
      metrics: { setPartitions: () => undefined, setServices: () => undefined, countTakeover: () => undefined },
      logger: SILENT,
    });
  }

  async #read(term: PartitionTerm): Promise<void> {
    this.reading.set(term.partition, term);
    this.fences.push(term.fence);
    await new Promise<void>((resolve) => {
      term.signal.addEventListener('abort', () => {
        setTimeout(resolve, this.endingMs);
      });
    });
    if (this.reading.get(term.partition) === term) this.reading.delete(term.partition);
  }
}

describe('Partitions', () => {
  let attendance: Attendance;
  let leases: ScriptedLeases;
  let join: (service: string) => Promise<Member>;
  beforeEach(() => {
    vi.useFakeTimers();
    attendance = new Attendance();
    leases = new ScriptedLeases();
    join = async (service) => {
      const member = new Member(service, leases, attendance);
      await member.partitions.start();
      await vi.advanceTimersByTimeAsync(100);
      return member;
    };
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('leaves nothing where it was never there', async () => {
    const [never, once] = [new Member('a', new ScriptedLeases(), attendance), await join('b')];
    const stopped = Promise.all([never, once].map(({ partitions }) => partitions.stop()));
    await vi.advanceTimersByTimeAsync(100);
    await stopped;
    expect([never.departures, once.departures]).toEqual([0, 1]);
  });

  it('says which are its own, though another one has them still', async () => {
    const a = await join('a');
    expect(a.assigned).toEqual(NAMES);
    a.endingMs = 60_000;
    const b = await join('b');
    await vi.advanceTimersByTimeAsync(TIMES.renewMs);
    expect([...a.assigned, ...b.assigned].sort()).toEqual([...NAMES].sort());
    expect(b.partitions.held).toEqual([]);
  });

  it('takes partitions above the fence that was seen of them, also of those that it has', async () => {
    const a = await join('a');
    const [first] = a.reading.values();
    a.seenFence = 1000;
    await vi.advanceTimersByTimeAsync(TIMES.renewMs + 100);
    expect(a.partitions.held).toHaveLength(16);
    expect(first?.signal.aborted).toBe(true);
    const fences = [...a.reading.values()].map(({ fence }) => fence);
    expect(Math.min(...fences)).toBeGreaterThan(1000);
    await vi.advanceTimersByTimeAsync(3 * TIMES.leaseMs);
    expect([...a.reading.values()].map(({ fence }) => fence)).toEqual(fences);
  });

  it('has all of them where it is alone, and half of them when another one has come', async () => {
    const a = await join('a');
    expect(a.partitions.held).toHaveLength(16);
    const b = await join('b');
    await vi.advanceTimersByTimeAsync(2 * TIMES.renewMs);
    expect([a.partitions.held.length, b.partitions.held.length]).toEqual([8, 8]);
    expect([...a.reading.keys(), ...b.reading.keys()].sort()).toEqual(NAMES.toSorted());
  });

  it('lets nobody have a partition before what is under way in it has ended', async () => {
    const a = await join('a');
    a.endingMs = 1500;
    const b = await join('b');
    await vi.advanceTimersByTimeAsync(TIMES.renewMs + 400);
    expect([a.partitions.held.length, b.reading.size]).toEqual([8, 0]);
    await vi.advanceTimersByTimeAsync(3000);
    expect(b.reading.size).toBe(8);
  });

  it('hands over at once when it stops', async () => {
    const [a, b] = [await join('a'), await join('b')];
    const stopped = a.partitions.stop();
    await vi.advanceTimersByTimeAsync(100);
    await stopped;
    expect([a.reading.size, b.partitions.held.length]).toEqual([0, 16]);
  });

  it('has what a lost one had when its leases are over, under higher fences', async () => {
    const [a, b] = [await join('a'), await join('b')];
    await vi.advanceTimersByTimeAsync(2 * TIMES.renewMs);
    a.isCutFromLeases = a.isCutFromRoster = true;
    await vi.advanceTimersByTimeAsync(TIMES.leaseMs + TIMES.renewMs + 100);
    expect([a.reading.size, b.partitions.held.length]).toEqual([0, 16]);
    expect(Math.min(...b.fences.slice(-8))).toBeGreaterThan(Math.max(...a.fences));
  });

  it('gives up what it holds where it cannot be seen any more, though its leases can be renewed', async () => {
    const [a, b] = [await join('a'), await join('b')];
    await vi.advanceTimersByTimeAsync(2 * TIMES.renewMs);
    a.isCutFromRoster = true;
    await vi.advanceTimersByTimeAsync(TIMES.leaseMs + 2 * TIMES.renewMs + 100);
    expect([a.reading.size, b.partitions.held.length]).toEqual([0, 16]);
  });

  it('stops reading when its leases cannot be renewed, before anybody else can have them', async () => {
    const a = await join('a');
    a.isCutFromLeases = true;
    await vi.advanceTimersByTimeAsync(TIMES.leaseMs - TIMES.renewMs - 200);
    expect(a.reading.size).toBe(16);
    await vi.advanceTimersByTimeAsync(TIMES.renewMs + 200);
    expect(a.reading.size).toBe(0);
  });

  it('says with each lease who has it since when, and what there is to say of the partition', async () => {
    const since = Date.now();
    const a = await join('a');
    await vi.advanceTimersByTimeAsync(2 * TIMES.renewMs);
    expect(a.partitions.held).toHaveLength(16);
    const note = { by: processName(), since, figures: { waiting: 3 } };
    expect(leases.notes.get('outbox/3')).toEqual(note);
  });
});
