import { type Backplane, createMemoryBackplane, MemoryHub, partitionOf, Telling } from '@outcry/broker';
import { FailureKind, HookFailure } from '@outcry/webhook';
import { WakeUps } from '@outcry/worker';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { WrittenEvent } from '../event/to-events.ts';
import { EventsMetrics } from '../observability/events-metrics.ts';
import { SendingTerm } from './sending-term.ts';

const IGNORED = { handleMessage: () => undefined, handleSignal: () => undefined, handleReset: () => undefined };
const HANDLER = { ...IGNORED, handleStatus: () => undefined };
const PRESENCE = {
  handleMember: () => undefined,
  handleReaped: () => undefined,
  handleRestored: () => undefined,
  handleFault: () => undefined,
};
const TIMES = { gatherMs: 0, pollMs: 20, maxBatch: 3, retryMs: 60_000 };

interface Told {
  readonly event: string;
  readonly id: string;
  readonly user?: string;
  readonly room?: string;
  readonly lost?: number | null;
  readonly undelivered?: number;
  readonly again?: true;
}

/** Takes what it is told, unless it is made to do something else. */
class ScriptedServer {
  readonly requests: (readonly Told[])[] = [];
  answer: (events: readonly Told[]) => void = () => undefined;

  tell = (written: readonly WrittenEvent[]): Promise<void> => {
    const events = written.map(({ json }) => JSON.parse(json) as Told);
    this.requests.push(events);
    return new Promise((resolve) => {
      this.answer(events);
      resolve();
    });
  };

  get words(): string[] {
    return this.requests.flat().map(wordsOf);
  }
}

function wordsOf({ event, user, lost, undelivered, again }: Told): string {
  if (event === 'events lost') return `lost ${String(lost)}, undelivered ${String(undelivered)}`;
  return [event, user, again === true ? 'again' : undefined].filter((word) => word !== undefined).join(' ');
}

const away = (): never => {
  throw new HookFailure(FailureKind.Unreachable, 'away');
};
const statusOf = (status: number): never => {
  throw new HookFailure(FailureKind.Status, String(status), { status });
};

describe('SendingTerm', () => {
  let backplane: Backplane;
  let server: ScriptedServer;
  let metrics: EventsMetrics;
  let ending: AbortController;
  let running: Promise<void> | undefined;

  beforeEach(async () => {
    const told = { of: () => Telling.Members, maxEntries: 10 };
    backplane = createMemoryBackplane(new MemoryHub(), { told });
    await backplane.start(HANDLER);
    await backplane.presence.start(PRESENCE);
    server = new ScriptedServer();
    metrics = new EventsMetrics({ isBrokerUp: () => true, isServerUp: () => true });
    ending = new AbortController();
  });
  afterEach(async () => {
    ending.abort();
    await running;
    await backplane.close();
  });

  function start(options: Partial<typeof TIMES> = {}): void {
    const term = { partition: 'events', fence: 1, signal: ending.signal };
    const parts = { journal: backplane.events, delivery: server, wakeUps: new WakeUps(), metrics };
    const ignore = { onTold: () => undefined, onFailure: () => undefined };
    running = new SendingTerm(term, { ...TIMES, ...options, ...parts, ...ignore }).run();
  }

  async function come(room: string, ...users: string[]): Promise<void> {
    for (const user of users) backplane.presence.add(room, user);
    await backplane.presence.count(room);
  }

  async function countOf(name: string): Promise<number> {
    const line = (await metrics.expose()).split('\n').find((text) => text.startsWith(`outcry_events_${name} `));
    return Number(line?.split(' ').at(-1) ?? 0);
  }

  const untilToldAtLeast = (count: number): Promise<void> =>
    expect.poll(() => server.words.length).toBeGreaterThanOrEqual(count);

  it('tells all of a room in order, in batches, and first of all that nobody knows what was before', async () => {
    await come('pit', 'a', 'b', 'c', 'd', 'e', 'f', 'g');
    start();
    await untilToldAtLeast(8);
    const joined = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((user) => `member joined ${user}`);
    expect(server.words).toEqual(['lost null, undelivered 0', ...joined]);
    expect(server.requests.map((events) => events.length)).toEqual([4, 3, 1]);
    await come('pit', 'h');
    await untilToldAtLeast(9);
    expect(server.words.at(-1)).toBe('member joined h');
  });

  it('tells the same again, under the same ids, until it is taken', async () => {
    await come('pit', 'a', 'b');
    let failures = 3;
    server.answer = () => {
      if ((failures -= 1) >= 0) away();
    };
    start();
    await expect.poll(() => server.requests.length).toBe(4);
    for (const request of server.requests) expect(request).toEqual(server.requests[0]);
    expect(await countOf('failures_total{failure="unreachable"}')).toBe(3);
  });

  it('finds the one that is not wanted, has it among the dead letters, and goes on', async () => {
    await come('pit', 'a', 'bad', 'c', 'd');
    server.answer = (events) => {
      if (events.some(({ user, again }) => user === 'bad' && again === undefined)) statusOf(400);
    };
    start({ maxBatch: 10 });
    const taken = (): string[] =>
      server.requests
        .filter((events) => events.every(({ user }) => user !== 'bad'))
        .flatMap((events) => events.map(wordsOf));
    await expect
      .poll(taken)
      .toEqual(['lost null, undelivered 0', 'member joined a', 'member joined c', 'member joined d']);
    expect(server.requests.filter((events) => events.length === 1).map((events) => events[0]?.user)).toContain('bad');
    await expect.poll(() => countOf('dead_letters_total{reason="unwanted"}')).toBe(1);
    expect(await backplane.events.resend(partitionOf('pit'))).toBe(1);
    await expect.poll(() => server.words.at(-1)).toBe('member joined bad again');
    const ids = server.requests
      .flat()
      .filter(({ user }) => user === 'bad')
      .map(({ id }) => id);
    expect(new Set(ids).size).toBe(1);
  });

  it('gives up what is too old, says so before anything that follows, and sends it again when it is asked to', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      await come('pit', 'a', 'b');
      vi.advanceTimersByTime(1001);
      await come('pit', 'c');
      server.answer = away;
      start({ retryMs: 1000, maxBatch: 10 });
      await expect.poll(() => countOf('dead_letters_total{reason="late"}')).toBe(2);
      server.answer = () => undefined;
      const failed = server.requests.length;
      await expect.poll(() => server.requests.length).toBeGreaterThan(failed);
      expect(server.requests.at(-1)?.map(wordsOf)).toEqual(['lost null, undelivered 2', 'member joined c']);
      await backplane.events.resend(partitionOf('pit'));
      await expect
        .poll(() => server.requests.at(-1)?.map(wordsOf))
        .toEqual(['member joined a again', 'member joined b again']);
    } finally {
      vi.useRealTimers();
    }
  });

  it('says how old the oldest is that waits, for as long as the server takes nothing', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      await come('pit', 'a');
      vi.advanceTimersByTime(60_000);
      await come('pit', 'b');
      vi.advanceTimersByTime(30_000);
      server.answer = away;
      start({ retryMs: 3_600_000 });
      await expect.poll(() => server.requests.length).toBeGreaterThan(0);
      expect(await countOf('lag_seconds')).toBeGreaterThanOrEqual(90);
      vi.advanceTimersByTime(10_000);
      expect(await countOf('lag_seconds')).toBeGreaterThanOrEqual(100);
      server.answer = () => undefined;
      await expect.poll(() => countOf('lag_seconds')).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it('says how many are lost where more came than are kept', async () => {
    start({ maxBatch: 100 });
    await come('pit', 'a');
    await untilToldAtLeast(2);
    server.answer = away;
    await come('pit', ...Array.from({ length: 15 }, (_, i) => String(i)));
    await expect.poll(() => countOf('failures_total{failure="unreachable"}')).toBeGreaterThan(0);
    server.answer = () => undefined;
    await expect.poll(() => server.words.at(-1)).toBe('member joined 14');
    expect(server.words.some((words) => /^lost [1-9]\d*, undelivered 0$/.test(words))).toBe(true);
    await expect.poll(() => countOf('lost_total')).toBeGreaterThan(0);
  });

  it('ends where somebody else has the journal', async () => {
    await backplane.events.claim({ partition: 7, fence: 2 });
    start();
    await expect(running).rejects.toMatchObject({ code: 'fenced' });
    running = undefined;
  });
});
