import { type Lease, OutcryError, type PublisherRoster } from '@outcry/broker';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { FeedMetrics } from '../observability/feed-metrics.ts';
import { ScriptedLeases } from '../testing/scripted-leases.ts';
import { Leadership, type LeadershipTimes } from './leadership.ts';
import type { Candidate } from './seat.ts';

const TIMES = { leaseMs: 3000, renewMs: 1000, settleMs: 0 };
const SYMBOLS = ['A', 'B', 'C', 'D'];
const UNAVAILABLE = new OutcryError('unavailable', 'Redis is away');

/** A feed that remembers what it was told. */
class RecordedFeed implements Candidate {
  readonly symbol: string;
  readonly calls: string[] = [];
  isOffered = true;
  fence = 0;

  constructor(symbol: string) {
    this.symbol = symbol;
  }

  lead(fence: number): void {
    this.fence = fence;
    this.calls.push('lead');
  }

  standBy(): Promise<void> {
    if (this.calls.at(-1) !== 'standBy') this.calls.push('standBy');
    return Promise.resolve();
  }

  cease(): void {
    this.calls.push('cease');
  }
}

/** A publisher whose connection a test can cut. */
class Member {
  readonly feeds: readonly RecordedFeed[];
  readonly leadership: Leadership;
  readonly metrics = new FeedMetrics({ isBusUp: () => true, isWritable: () => true, hasProcessMetrics: false });
  isCut = false;
  /** How long the store takes to answer. */
  answerMs = 0;
  /** When it has looked who else is there. */
  readonly lookedAt: number[] = [];

  constructor(publisher: string, leases: ScriptedLeases, times: LeadershipTimes = TIMES) {
    const reach = async <T>(call: () => Promise<T>): Promise<T> => {
      if (this.isCut) throw UNAVAILABLE;
      if (this.answerMs > 0) await new Promise((resolve) => setTimeout(resolve, this.answerMs));
      return call();
    };
    const lease: Lease = {
      acquire: (name, leaseMs) => reach(() => leases.acquire(name, leaseMs)),
      renew: (grant) => reach(() => leases.renew(grant)),
      release: (grant) => reach(() => leases.release(grant)),
      watch: (onReleased) => reach(() => leases.watch(onReleased)),
    };
    const roster: PublisherRoster = {
      attend: (entry, leaseMs) => {
        this.lookedAt.push(performance.now());
        return reach(() => leases.attend(entry, leaseMs));
      },
      leave: (name) => reach(() => leases.leave(name)),
    };
    const logger = pino({ level: 'silent' });
    this.leadership = new Leadership({ publisher, lease, roster, times, metrics: this.metrics, logger });
    this.feeds = SYMBOLS.map((symbol) => new RecordedFeed(symbol));
    for (const feed of this.feeds) this.leadership.add(feed);
  }

  /** What it is to publish now. */
  get led(): readonly string[] {
    return this.feeds.filter(({ calls }) => calls.at(-1) === 'lead').map(({ symbol }) => symbol);
  }

  feed(symbol: string): RecordedFeed {
    const feed = this.feeds.find((candidate) => candidate.symbol === symbol);
    if (feed === undefined) throw new Error(`no ${symbol}`);
    return feed;
  }
}

let leases: ScriptedLeases;
let members: Member[];

beforeEach(() => {
  vi.useFakeTimers();
  leases = new ScriptedLeases();
  members = [];
});
afterEach(async () => {
  const stopping = Promise.all(members.map(({ leadership }) => leadership.stop()));
  // Some have a store that takes its time.
  await vi.advanceTimersByTimeAsync(5000);
  await stopping;
  vi.useRealTimers();
});

async function join(publisher: string): Promise<Member> {
  const member = new Member(publisher, leases);
  members.push(member);
  await member.leadership.start();
  await vi.advanceTimersByTimeAsync(0);
  return member;
}

/** Two that have divided the symbols. */
async function joinBoth(): Promise<[Member, Member]> {
  const [p, q] = [await join('p'), await join('q')];
  await vi.advanceTimersByTimeAsync(10_000);
  return [p, q];
}

function everyLed(): string[] {
  return members.flatMap(({ led }) => led).sort();
}

describe('Leadership', () => {
  it('decides nothing of a feed whose book comes while it looks who is there', async () => {
    const member = new Member('p', leases);
    members.push(member);
    member.answerMs = 50;
    const feed = member.feed('A');
    feed.isOffered = false;
    const starting = member.leadership.start();
    await vi.advanceTimersByTimeAsync(50);
    await starting;
    await vi.advanceTimersByTimeAsync(10);
    feed.isOffered = true;
    member.leadership.hurry();
    await vi.advanceTimersByTimeAsync(500);
    expect(feed.calls).toEqual(['lead']);
  });

  it('gives one that is alone everything, at once', async () => {
    const alone = await join('p');
    expect(alone.led).toEqual(SYMBOLS);
    await vi.advanceTimersByTimeAsync(60_000);
    for (const feed of alone.feeds) expect(feed.calls).toEqual(['lead']);
  });

  it('tells a second one to stand by, and hands it its share when it has been there for two leases', async () => {
    const first = await join('p');
    const second = await join('q');
    expect(second.feeds.map(({ calls }) => calls)).toEqual(SYMBOLS.map(() => ['standBy']));
    await vi.advanceTimersByTimeAsync(2 * TIMES.leaseMs - TIMES.renewMs);
    expect(first.led).toEqual(SYMBOLS);
    await vi.advanceTimersByTimeAsync(2 * TIMES.renewMs);
    expect([first.led.length, second.led.length]).toEqual([2, 2]);
    expect(everyLed()).toEqual(SYMBOLS);
  });

  it('divides the symbols before anybody has them, where several come at about the same time, or come back', async () => {
    const times = { ...TIMES, settleMs: 1000 };
    members = ['p', 'q'].map((publisher) => new Member(publisher, leases, times));
    for (const { leadership } of members) {
      await leadership.start();
      await vi.advanceTimersByTimeAsync(700);
      expect(members[1]?.led).toEqual([]);
    }
    await vi.advanceTimersByTimeAsync(1500);
    for (const feed of members.flatMap(({ feeds }) => feeds)) expect(feed.calls).not.toEqual(['lead', 'standBy']);
    expect(members.map(({ led }) => led.length)).toEqual([2, 2]);

    leases.fault = UNAVAILABLE;
    await vi.advanceTimersByTimeAsync(2 * TIMES.leaseMs);
    leases.fault = undefined;
    await vi.advanceTimersByTimeAsync(3000);
    for (const feed of members.flatMap(({ feeds }) => feeds)) {
      const terms = feed.calls.filter((call) => call === 'lead').length;
      expect([0, 2]).toContain(terms);
    }
    expect(everyLed()).toEqual(SYMBOLS);
  });

  it('moves nothing any more once everybody has a share', async () => {
    const [p, q] = await joinBoth();
    const before = [...p.feeds, ...q.feeds].map(({ calls }) => calls.length);
    await vi.advanceTimersByTimeAsync(300_000);
    expect([...p.feeds, ...q.feeds].map(({ calls }) => calls.length)).toEqual(before);
  });

  it('never hands anything to one that comes and goes', async () => {
    const steady = await join('p');
    const flapping = await join('q');
    for (let i = 0; i < 10; i++) {
      flapping.isCut = false;
      await vi.advanceTimersByTimeAsync(TIMES.leaseMs);
      flapping.isCut = true;
      await vi.advanceTimersByTimeAsync(2 * TIMES.leaseMs);
    }
    expect(steady.feeds.map(({ calls }) => calls)).toEqual(SYMBOLS.map(() => ['lead']));
  });

  it('takes over what a lost one led as soon as its lease is over, under higher fences', async () => {
    const [p, q] = await joinBoth();
    const lost = p.led;
    const fences = new Map(lost.map((symbol) => [symbol, p.feed(symbol).fence]));
    p.isCut = true;
    await vi.advanceTimersByTimeAsync(TIMES.leaseMs - TIMES.renewMs - 10);
    expect(q.led).not.toEqual(SYMBOLS);
    await vi.advanceTimersByTimeAsync(TIMES.renewMs + 50);
    expect(q.led).toEqual(SYMBOLS);
    for (const symbol of lost) expect(q.feed(symbol).fence).toBeGreaterThan(fences.get(symbol) ?? Infinity);
  });

  it.each([
    [
      'presence is over, where its leases have ended before',
      (lost: Member): void => {
        for (const symbol of lost.led) leases.expire(symbol);
      },
    ],
    ['leases are over, where its presence has ended before', (): void => void leases.leave('p')],
  ])('takes over as soon as the %s, and does not keep asking', async (_, endEarly) => {
    const [p, q] = await joinBoth();
    // The last that is heard of it comes between two looks of the other.
    await vi.advanceTimersByTimeAsync(300);
    p.leadership.hurry();
    await vi.advanceTimersByTimeAsync(0);
    p.isCut = true;
    endEarly(p);
    await vi.advanceTimersByTimeAsync(TIMES.leaseMs - 10);
    expect(q.led).not.toEqual(SYMBOLS);
    q.lookedAt.length = 0;
    await vi.advanceTimersByTimeAsync(20);
    expect(q.led).toEqual(SYMBOLS);
    expect(q.lookedAt.length).toBeLessThanOrEqual(2);
  });

  it('does not count on a lease that it could not renew, for no longer than it lasts', async () => {
    const [p] = await joinBoth();
    p.isCut = true;
    await vi.advanceTimersByTimeAsync(TIMES.leaseMs);
    expect(p.led).toEqual([]);
    for (const { calls } of p.feeds) expect(['cease', 'standBy']).toContain(calls.at(-1));
  });

  it('outlives a store that is away for less than a lease', async () => {
    const [p, q] = await joinBoth();
    const before = [p.led, q.led];
    leases.fault = UNAVAILABLE;
    await vi.advanceTimersByTimeAsync(TIMES.leaseMs - TIMES.renewMs - 10);
    leases.fault = undefined;
    await vi.advanceTimersByTimeAsync(20_000);
    expect([p.led, q.led]).toEqual(before);
  });

  it('has one leader for each symbol again after a store was away for long', async () => {
    await joinBoth();
    leases.fault = UNAVAILABLE;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(everyLed()).toEqual([]);
    leases.fault = undefined;
    await vi.advanceTimersByTimeAsync(20_000);
    expect(everyLed()).toEqual(SYMBOLS);
    expect(members.map(({ led }) => led.length)).toEqual([2, 2]);
  });

  it('steps down where a frame was refused, and asks for the lease again', async () => {
    const alone = await join('p');
    const feed = alone.feed('A');
    const { fence } = feed;
    leases.expire('A');
    alone.leadership.handleFenced('A', fence);
    await vi.advanceTimersByTimeAsync(0);
    expect(feed.calls).toEqual(['lead', 'cease', 'lead']);
    expect(feed.fence).toBeGreaterThan(fence);
    alone.leadership.handleFenced('A', fence);
    await vi.advanceTimersByTimeAsync(0);
    expect(feed.calls).toHaveLength(3);
  });

  it('hands over to one that has the book where its own is interrupted, and keeps it where nobody has', async () => {
    const [p, q] = await joinBoth();
    const [symbol = ''] = p.led;
    for (const member of [q, p]) {
      member.feed(symbol).isOffered = false;
      member.leadership.hurry();
      await vi.advanceTimersByTimeAsync(0);
    }
    await vi.advanceTimersByTimeAsync(10_000);
    expect(p.led).toContain(symbol);
    q.feed(symbol).isOffered = true;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(q.led).toContain(symbol);
    expect(p.feed(symbol).calls).toEqual(['lead', 'standBy']);
  });

  it('does not try for what it has no book of', async () => {
    const member = new Member('p', leases);
    members.push(member);
    member.feed('A').isOffered = false;
    await member.leadership.start();
    await vi.advanceTimersByTimeAsync(5000);
    expect(member.led).toEqual(['B', 'C', 'D']);
    expect(member.feed('A').calls).toEqual([]);
    // Nor does it look for it all the time.
    expect(member.lookedAt).toHaveLength(6);
    member.feed('A').isOffered = true;
    member.leadership.hurry();
    await vi.advanceTimersByTimeAsync(0);
    expect(member.led).toEqual(SYMBOLS);
  });

  it('leaves everything to the other at once when it stops', async () => {
    const [p, q] = await joinBoth();
    await p.leadership.stop();
    await vi.advanceTimersByTimeAsync(20);
    expect(p.led).toEqual([]);
    expect(q.led).toEqual(SYMBOLS);
    expect(leases.publishers).toEqual(['q']);
  });

  it('looks at its intervals, however long the store takes to answer', async () => {
    const alone = await join('p');
    alone.answerMs = TIMES.renewMs / 2;
    await vi.advanceTimersByTimeAsync(5 * TIMES.renewMs);
    expect(alone.lookedAt.map((at) => at - (alone.lookedAt[0] ?? 0))).toEqual([0, 1, 2, 3, 4, 5].map((i) => 1000 * i));
  });

  it('looks no more often from then on, however often something has changed', async () => {
    const alone = await join('one');
    for (let i = 0; i < 20; i += 1) {
      alone.leadership.hurry();
      await vi.advanceTimersByTimeAsync(1);
    }
    alone.lookedAt.length = 0;
    await vi.advanceTimersByTimeAsync(5 * TIMES.renewMs);
    expect(alone.lookedAt).toHaveLength(5);
  });

  it('looks again at once where something changes while it looks', async () => {
    const alone = await join('p');
    alone.answerMs = 100;
    alone.leadership.hurry();
    alone.leadership.hurry();
    alone.leadership.hurry();
    await vi.advanceTimersByTimeAsync(500);
    expect(alone.lookedAt).toHaveLength(3);
  });

  it('is woken by what others let go of its own symbols, and not of those that only others have', async () => {
    const alone = await join('p');
    for (const name of ['A', 'elsewhere']) {
      leases.expire(name);
      const grant = await leases.acquire(name, TIMES.leaseMs);
      if ('fence' in grant) await leases.release(grant);
      await vi.advanceTimersByTimeAsync(0);
      expect(alone.lookedAt).toHaveLength(2);
    }
  });

  it('does nothing before it is started, or for a symbol that it has no feed of', async () => {
    const member = new Member('p', leases);
    members.push(member);
    member.leadership.hurry();
    await vi.advanceTimersByTimeAsync(2 * TIMES.renewMs);
    expect(leases.publishers).toEqual([]);
    await member.leadership.start();
    member.leadership.handleFenced('elsewhere', 1);
    await vi.advanceTimersByTimeAsync(0);
    expect(member.led).toEqual(SYMBOLS);
  });

  it('looks no more once it has been stopped in the midst of it', async () => {
    const alone = await join('p');
    alone.answerMs = 100;
    alone.leadership.hurry();
    const stopping = alone.leadership.stop();
    await vi.advanceTimersByTimeAsync(1000);
    await stopping;
    expect(alone.led).toEqual([]);
    expect(leases.publishers).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('does not take a fault of the program for a store that is away', async () => {
    const alone = await join('p');
    vi.spyOn(leases, 'leave').mockRejectedValueOnce(new TypeError('no function'));
    await expect(alone.leadership.stop()).rejects.toThrow(TypeError);
  });

  it('stops though the store is away, and has no timers then', async () => {
    const alone = await join('p');
    leases.fault = UNAVAILABLE;
    await alone.leadership.stop();
    expect(alone.led).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('says in metrics what it leads and who is there', async () => {
    const [p] = await joinBoth();
    const text = await p.metrics.expose();
    for (const symbol of SYMBOLS) {
      const isLed = p.led.includes(symbol);
      expect(text).toContain(`outcry_feed_publisher_leader{symbol="${symbol}"} ${isLed ? '1' : '0'}`);
      expect(text).toContain(`outcry_feed_publisher_takeovers_total{symbol="${symbol}"} 1`);
    }
    expect(text).toContain('outcry_feed_publisher_publishers 2');
  });
});
