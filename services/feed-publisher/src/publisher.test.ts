import { type Lease, type LeaseGrant, OutcryError } from '@outcry/broker';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { createFeedPublisher, type FeedPublisher } from './publisher.ts';
import { deltaEvent, ScriptedSource, snapshotEvent } from './testing/scripted-source.ts';
import { ScriptedBus } from './testing/scripted-bus.ts';
import { ScriptedLeases } from './testing/scripted-leases.ts';
import type { FeedTiming } from './feed/frame-sender.ts';

interface Line {
  readonly level: number;
  readonly msg: string;
  readonly symbol?: string;
  readonly err?: { readonly message: string };
}

let bus: ScriptedBus;
let leases: ScriptedLeases;
let source: ScriptedSource;
let log: Line[];
let publisher: FeedPublisher;

beforeEach(() => {
  vi.useFakeTimers();
  bus = new ScriptedBus();
  leases = new ScriptedLeases();
  source = new ScriptedSource('AAA', 'BBB');
  log = [];
});
afterEach(async () => {
  await publisher.stop();
  vi.useRealTimers();
});

const UNAVAILABLE = new OutcryError('unavailable', 'Redis is away');

async function start(timing: Partial<FeedTiming> = {}): Promise<void> {
  const logger = pino({ base: null }, { write: (line) => log.push(JSON.parse(line) as Line) });
  publisher = createFeedPublisher({
    source,
    backplane: { feedBus: bus, lease: leases, roster: leases },
    timing: { deltaMs: 0, snapshotMs: 2000, ...timing },
    logger,
    hasProcessMetrics: false,
  });
  await publisher.start();
  source.give('AAA', snapshotEvent(1));
  source.give('BBB', snapshotEvent(1));
  await settle();
  log.length = 0;
}

/** Lets everything run that needs no time. */
async function settle(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
}

function bound(leases: Lease): Lease {
  return {
    acquire: (name, leaseMs) => leases.acquire(name, leaseMs),
    renew: (grant) => leases.renew(grant),
    release: (grant) => leases.release(grant),
    watch: (onReleased) => leases.watch(onReleased),
  };
}

async function metric(name: string, symbol: string): Promise<number | undefined> {
  const text = await publisher.exposeMetrics();
  const match = new RegExp(`^outcry_feed_publisher_${name}\\{symbol="${symbol}"[^}]*\\} (\\d+)$`, 'm').exec(text);
  return match === null ? undefined : Number(match[1]);
}

describe('createFeedPublisher', () => {
  it('announces its instruments, and begins each feed with a snapshot', async () => {
    await start();
    expect(bus.announced).toEqual(source.instruments.map((known) => ({ ...known, sourceKind: 'simulated' })));
    expect(bus.frames.map(({ kind, symbol, seq }) => [kind, symbol, seq])).toEqual([
      ['snapshot', 'AAA', 1],
      ['snapshot', 'BBB', 1],
    ]);
    expect(publisher.notReady()).toBeUndefined();
  });

  it('is not ready before every feed is live', async () => {
    publisher = createFeedPublisher({
      source,
      backplane: { feedBus: bus, lease: leases, roster: leases },
      timing: { deltaMs: 0, snapshotMs: 2000 },
      logger: pino({ level: 'silent' }),
    });
    await publisher.start();
    source.give('AAA', snapshotEvent(1));
    await settle();
    expect(publisher.notReady()).toBe('feeds not live: BBB starting');
  });

  it('publishes every event as a delta of its own at 0 ms, even one that changes nothing', async () => {
    await start();
    source.give('AAA', deltaEvent(2, [[99, 1]]), deltaEvent(2, [[99, 1]]), deltaEvent(3));
    await settle();
    expect(bus.shapeOf('AAA')).toEqual(['snapshot 1 1', 'delta 1 1>2', 'delta 1 2>3', 'delta 1 3>4']);
    expect(bus.frames.map(({ venueSeq }) => venueSeq)).toEqual([1, 1, 2, 2, 3]);
  });

  it('batches events for the delta interval, the first after a quiet spell at once', async () => {
    await start({ deltaMs: 100 });
    source.give('AAA', deltaEvent(2, [[99, 1]]));
    await settle();
    expect(bus.shapeOf('AAA')).toHaveLength(2);
    source.give('AAA', deltaEvent(3, [[98, 1]]), deltaEvent(4, [[97, 1]]));
    await vi.advanceTimersByTimeAsync(99);
    expect(bus.shapeOf('AAA')).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(2);
    expect(bus.shapeOf('AAA')).toEqual(['snapshot 1 1', 'delta 1 1>2', 'delta 1 2>3']);
    expect(bus.frames.at(-1)).toMatchObject({
      venueSeq: 4,
      bids: [
        [98, 1],
        [97, 1],
      ],
    });
    await vi.advanceTimersByTimeAsync(500);
    expect(bus.shapeOf('AAA')).toHaveLength(3);
  });

  it('publishes a snapshot at its interval though nothing happens', async () => {
    await start({ snapshotMs: 500 });
    await vi.advanceTimersByTimeAsync(1600);
    expect(bus.shapeOf('AAA')).toEqual(Array.from({ length: 4 }, () => 'snapshot 1 1'));
  });

  it('tells what waits as a delta before the snapshot that holds it', async () => {
    await start({ deltaMs: 1000, snapshotMs: 500 });
    source.give('AAA', deltaEvent(2, [[99, 1]]));
    await settle();
    source.give('AAA', deltaEvent(3, [[98, 1]]));
    await vi.advanceTimersByTimeAsync(501);
    expect(bus.shapeOf('AAA')).toEqual(['snapshot 1 1', 'delta 1 1>2', 'delta 1 2>3', 'snapshot 1 3']);
    expect(bus.frames.findLast(({ symbol }) => symbol === 'AAA')?.bids).toHaveLength(3);
  });

  it('publishes a snapshot after 256 deltas', async () => {
    await start();
    for (let seq = 2; seq <= 600; seq++) source.give('AAA', deltaEvent(seq));
    await settle();
    const snapshots = bus.frames.filter(({ kind, symbol }) => symbol === 'AAA' && kind === 'snapshot');
    expect(snapshots.map(({ seq }) => seq)).toEqual([1, 257, 513]);
  });

  it('starts an epoch where the source starts anew', async () => {
    await start();
    source.give('AAA', deltaEvent(9), snapshotEvent(1), deltaEvent(2));
    await settle();
    expect(bus.shapeOf('AAA')).toEqual(['snapshot 1 1', 'delta 1 1>2', 'snapshot 2 1', 'delta 2 1>2']);
    expect(await metric('epoch_restarts_total', 'AAA')).toBe(1);
  });

  it('publishes what it knows and then nothing while the source is interrupted, and says so', async () => {
    await start({ deltaMs: 100 });
    source.give('AAA', deltaEvent(2, [[99, 7]]), deltaEvent(3, [[98, 8]]));
    source.give('AAA', { kind: 'interrupted', reason: 'connection lost' });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(bus.shapeOf('AAA')).toEqual(['snapshot 1 1', 'delta 1 1>2', 'delta 1 2>3']);
    expect(bus.shapeOf('BBB').length).toBeGreaterThan(3);
    expect(publisher.notReady()).toBe('feeds not live: AAA interrupted (connection lost)');
    expect(await metric('live', 'AAA')).toBe(0);
    expect(await metric('interruptions_total', 'AAA')).toBe(1);

    source.give('AAA', snapshotEvent(9));
    await settle();
    expect(bus.shapeOf('AAA').at(-1)).toBe('snapshot 2 1');
    expect(publisher.notReady()).toBeUndefined();
    expect(await metric('epoch_restarts_total', 'AAA')).toBe(1);
    expect(log.map(({ msg, symbol }) => `${msg} ${symbol ?? ''}`)).toEqual([
      'feed interrupted AAA',
      'feed resumed AAA',
    ]);
    await vi.advanceTimersByTimeAsync(2000);
    expect(bus.shapeOf('AAA').slice(-3)).toEqual(['snapshot 2 1', 'pulse 2 1', 'snapshot 2 1']);
  });

  it('tells another reason for the silence of a feed, and counts it as one', async () => {
    await start();
    source.give('AAA', { kind: 'interrupted', reason: 'connection lost' });
    source.give('AAA', { kind: 'interrupted', reason: 'the venue\n does not trade it' });
    source.give('AAA', { kind: 'interrupted', reason: 'the venue\n does not trade it' });
    await settle();
    expect(publisher.notReady()).toBe('feeds not live: AAA interrupted (the venue does not trade it)');
    expect(log.map(({ msg }) => msg)).toEqual(['feed interrupted', 'feed interrupted']);
    expect(await metric('interruptions_total', 'AAA')).toBe(1);
  });

  it('announces an instrument that becomes known later with its first snapshot', async () => {
    await start();
    source.discover('NEW');
    await settle();
    expect(publisher.notReady()).toBe('feeds not live: NEW starting');
    expect(bus.announced.map(({ symbol }) => symbol)).toEqual(['AAA', 'BBB']);
    source.give('NEW', snapshotEvent(1), snapshotEvent(2));
    await settle();
    expect(bus.announced.map(({ symbol }) => symbol)).toEqual(['AAA', 'BBB', 'NEW']);
    expect(bus.shapeOf('NEW')).toEqual(['snapshot 1 1', 'snapshot 2 1']);
  });

  it('tells with each epoch the scales and the kind of its snapshot, or those that were offered', async () => {
    await start();
    const offered = { symbol: 'AAA', priceScale: 2, sizeScale: 3, sourceKind: 'simulated' };
    const other = { scales: { priceScale: 4, sizeScale: 3 }, sourceKind: 'replay' } as const;
    for (const [told, expected] of [
      [other, { symbol: 'AAA', ...other.scales, sourceKind: 'replay' }],
      [{}, offered],
    ] as const) {
      source.give('AAA', { ...snapshotEvent(2), ...told });
      await settle();
      expect(bus.frames.findLast(({ symbol }) => symbol === 'AAA')).toMatchObject(expected);
      expect(bus.announced).toContainEqual(expected);
    }
  });

  it('lets the source wait while the bus does, one symbol apart from the other', async () => {
    await start();
    const release = bus.hold('AAA');
    source.give('AAA', deltaEvent(2), deltaEvent(3), deltaEvent(4));
    source.give('BBB', deltaEvent(2), deltaEvent(3));
    await settle();
    expect(source.untaken('AAA')).toBe(2);
    expect(bus.shapeOf('AAA')).toHaveLength(1);
    expect(bus.shapeOf('BBB')).toHaveLength(3);
    release();
    await settle();
    expect(bus.shapeOf('AAA')).toEqual(['snapshot 1 1', 'delta 1 1>2', 'delta 1 2>3', 'delta 1 3>4']);
  });

  it('shows each second that a quiet book is alive, and says nothing more where there is news', async () => {
    await start({ deltaMs: 100, snapshotMs: 60_000 });
    await vi.advanceTimersByTimeAsync(2500);
    expect(bus.shapeOf('AAA')).toEqual(['snapshot 1 1', 'pulse 1 1', 'pulse 1 1']);
    for (let i = 0; i < 4; i++) {
      source.give('AAA', deltaEvent(2 + i));
      await vi.advanceTimersByTimeAsync(900);
    }
    expect(bus.shapeOf('AAA').slice(3)).toEqual(['delta 1 1>2', 'delta 1 2>3', 'delta 1 3>4', 'delta 1 4>5']);
  });

  it('leaves it to the leader to change what is known of an instrument', async () => {
    const [instrument] = source.instruments;
    if (instrument === undefined) throw new Error('unreachable');
    const own = { ...instrument, sourceKind: source.kind };
    const wider = { ...own, priceScale: instrument.priceScale + 2 };
    bus.announced.push(wider);
    publisher = createFeedPublisher({
      source,
      backplane: { feedBus: bus, lease: leases, roster: leases },
      timing: { deltaMs: 0, snapshotMs: 2000 },
      logger: pino({ level: 'silent' }),
    });
    await publisher.start();
    expect(bus.announced).toContainEqual(wider);
    source.give('AAA', snapshotEvent(1));
    await settle();
    expect(bus.announced).toContainEqual(own);
    expect(bus.announced).not.toContainEqual(wider);
  });

  it('never has two frames of a symbol on their way, though its timers run out', async () => {
    await start({ deltaMs: 100, snapshotMs: 300 });
    const release = bus.hold('AAA');
    source.give('AAA', deltaEvent(2, [[99, 1]]));
    await vi.advanceTimersByTimeAsync(5000);
    release();
    await vi.advanceTimersByTimeAsync(0);
    expect(bus.shapeOf('AAA')).toEqual(['snapshot 1 1', 'delta 1 1>2', 'snapshot 1 2']);
  });

  describe('when the bus is away', () => {
    it('says so once, keeps the book, and comes back with a snapshot of a new epoch', async () => {
      await start();
      bus.fault = UNAVAILABLE;
      source.give('AAA', deltaEvent(2, [[99, 7]]), deltaEvent(3, [[98, 8]]));
      source.give('BBB', deltaEvent(2));
      await vi.advanceTimersByTimeAsync(5000);
      expect(log.map(({ msg, level }) => [msg, level])).toEqual([['feed bus interrupted', 50]]);
      expect(publisher.notReady()).toBe('feed bus interrupted');
      expect(await publisher.exposeMetrics()).toContain('outcry_feed_publisher_bus_up 0');

      bus.fault = undefined;
      bus.announced.length = 0;
      await vi.advanceTimersByTimeAsync(1000);
      expect(bus.shapeOf('AAA')).toEqual(['snapshot 1 1', 'snapshot 2 1', 'delta 2 1>2']);
      expect(bus.frames.find(({ kind, venueSeq }) => kind === 'snapshot' && venueSeq === 2)?.bids).toEqual([
        [100, 1],
        [99, 7],
      ]);
      expect(bus.announced.map(({ symbol }) => symbol).sort()).toEqual(['AAA', 'BBB']);
      expect(log.map(({ msg }) => msg)).toEqual(['feed bus interrupted', 'feed bus restored']);
      expect(publisher.notReady()).toBeUndefined();
      expect(await metric('epoch_restarts_total', 'AAA')).toBe(1);
    });

    it('puts a snapshot in the place of a delta that the bus has no book for', async () => {
      await start();
      vi.spyOn(bus, 'publishDelta').mockRejectedValueOnce(new OutcryError('badFeed', 'no snapshot is stored'));
      source.give('AAA', deltaEvent(2, [[99, 7]]), deltaEvent(3));
      await settle();
      expect(bus.shapeOf('AAA')).toEqual(['snapshot 1 1', 'snapshot 2 1', 'delta 2 1>2']);
    });

    it('stops all the same', async () => {
      await start();
      bus.fault = UNAVAILABLE;
      source.give('AAA', deltaEvent(2));
      await settle();
      await publisher.stop();
      expect(log.map(({ msg }) => msg)).toEqual(['feed bus interrupted', 'feed handed over', 'feed handed over']);
    });

    it('rejects its start', async () => {
      bus.fault = UNAVAILABLE;
      await expect(start()).rejects.toBe(UNAVAILABLE);
    });
  });

  describe('beside another publisher', () => {
    const LEASE_MS = 3000;

    /** The other one has the symbol first, and says nothing more. */
    async function otherLeads(symbol: string): Promise<LeaseGrant> {
      const answer = await leases.acquire(symbol, LEASE_MS);
      if ('heldForMs' in answer) throw new Error(`${symbol} is held`);
      return answer;
    }

    it('follows the source and publishes nothing, ready to take over', async () => {
      await otherLeads('AAA');
      await start();
      source.give('AAA', deltaEvent(2, [[99, 1]]), deltaEvent(3));
      await settle();
      expect(bus.shapeOf('AAA')).toEqual([]);
      expect(bus.shapeOf('BBB')).toEqual(['snapshot 1 1']);
      expect(source.untaken('AAA')).toBe(0);
      expect(publisher.notReady()).toBeUndefined();
      expect(await metric('leader', 'AAA')).toBe(0);
      expect(await metric('live', 'AAA')).toBe(0);
    });

    it('takes over with the book as it is, in a new epoch, when the lease of the other is over', async () => {
      const { fence } = await otherLeads('AAA');
      await start({ snapshotMs: 60_000 });
      source.give('AAA', deltaEvent(2, [[99, 7]]));
      await vi.advanceTimersByTimeAsync(LEASE_MS + 50);
      source.give('AAA', deltaEvent(3, [[98, 8]]));
      await settle();
      expect(bus.shapeOf('AAA')).toEqual(['snapshot 1 1', 'delta 1 1>2']);
      expect(bus.frames.find(({ symbol }) => symbol === 'AAA')?.bids).toEqual([
        [100, 1],
        [99, 7],
      ]);
      expect(leases.holderOf('AAA')).toBeGreaterThan(fence);
      expect(await metric('leader', 'AAA')).toBe(1);
    });

    it('steps down when a frame is refused, and stands by with the book', async () => {
      await start();
      leases.expire('AAA');
      const { fence } = await otherLeads('AAA');
      bus.fences.set('AAA', fence);
      source.give('AAA', deltaEvent(2, [[99, 7]]), deltaEvent(3, [[98, 8]]));
      await settle();
      expect(bus.shapeOf('AAA')).toEqual(['snapshot 1 1']);
      expect(await metric('fenced_frames_total', 'AAA')).toBe(1);
      expect(log.map(({ msg, symbol }) => [msg, symbol])).toEqual([['feed lost to another publisher', 'AAA']]);
      expect(publisher.notReady()).toBeUndefined();
      expect(source.untaken('AAA')).toBe(0);

      await vi.advanceTimersByTimeAsync(LEASE_MS + 50);
      expect(bus.shapeOf('AAA').slice(0, 2)).toEqual(['snapshot 1 1', 'snapshot 2 1']);
      expect(bus.frames.findLast(({ symbol }) => symbol === 'AAA')?.bids).toHaveLength(3);
    });

    it('gives up what it could neither publish nor renew', async () => {
      await start();
      bus.fault = UNAVAILABLE;
      leases.fault = UNAVAILABLE;
      source.give('AAA', deltaEvent(2));
      await vi.advanceTimersByTimeAsync(LEASE_MS + 2000);
      expect(await metric('leader', 'AAA')).toBe(0);
      bus.fault = undefined;
      await vi.advanceTimersByTimeAsync(5000);
      expect(bus.shapeOf('AAA')).toEqual(['snapshot 1 1']);
      expect(publisher.notReady()).toBeUndefined();
      leases.fault = undefined;
      await vi.advanceTimersByTimeAsync(1500);
      expect(bus.shapeOf('AAA').slice(0, 2)).toEqual(['snapshot 1 1', 'snapshot 2 1']);
    });

    it('leads no more when its feed has failed', async () => {
      await start();
      await leases.attend({ publisher: 'other', offers: ['AAA'] }, 60_000);
      await vi.advanceTimersByTimeAsync(2 * LEASE_MS + 1000);
      source.fail('AAA', new OutcryError('badFeed', 'a gap at line 7'));
      await vi.advanceTimersByTimeAsync(1500);
      expect(leases.holderOf('AAA')).toBeUndefined();
    });

    it('waits with the first book until it is decided who leads', async () => {
      leases.fault = UNAVAILABLE;
      publisher = createFeedPublisher({
        source,
        backplane: { feedBus: bus, lease: { ...bound(leases), watch: () => Promise.resolve() }, roster: leases },
        timing: { deltaMs: 0, snapshotMs: 2000 },
        logger: pino({ level: 'silent' }),
        hasProcessMetrics: false,
      });
      await publisher.start();
      source.give('AAA', snapshotEvent(1), deltaEvent(2), deltaEvent(3));
      await vi.advanceTimersByTimeAsync(5000);
      expect(source.untaken('AAA')).toBe(2);
      leases.fault = undefined;
      await vi.advanceTimersByTimeAsync(1500);
      expect(bus.shapeOf('AAA').slice(0, 3)).toEqual(['snapshot 1 1', 'delta 1 1>2', 'delta 1 2>3']);
    });
  });

  it('publishes what it holds when the source ends', async () => {
    await start({ deltaMs: 1000 });
    source.give('AAA', deltaEvent(2), deltaEvent(3, [[99, 1]]));
    source.end('AAA');
    source.end('BBB');
    await publisher.finished();
    expect(bus.shapeOf('AAA')).toEqual(['snapshot 1 1', 'delta 1 1>2', 'delta 1 2>3']);
    expect(log.map(({ msg, symbol }) => [msg, symbol])).toEqual([
      ['feed ended', 'BBB'],
      ['feed ended', 'AAA'],
    ]);
    await publisher.stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('publishes what it holds when it is stopped, and closes the source', async () => {
    await start({ deltaMs: 1000 });
    source.give('AAA', deltaEvent(2), deltaEvent(3, [[99, 1]]));
    await settle();
    await publisher.stop();
    expect(bus.shapeOf('AAA')).toEqual(['snapshot 1 1', 'delta 1 1>2', 'delta 1 2>3']);
    expect(source.isClosed).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('counts events and frames by symbol', async () => {
    await start();
    source.give('AAA', deltaEvent(2), deltaEvent(3));
    await settle();
    expect(await metric('events_total', 'AAA')).toBe(3);
    expect(await metric('events_total', 'BBB')).toBe(1);
    expect(await metric('frames_total', 'AAA')).toBe(1);
    const text = await publisher.exposeMetrics();
    expect(text).toContain('outcry_feed_publisher_frames_total{symbol="AAA",kind="delta"} 2');
    expect(text).toContain('outcry_feed_publisher_publish_seconds_count{kind="delta"} 2');
  });
});
