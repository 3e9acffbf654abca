import { CLOSE_CODES, type CloseCode, type ServerFrame } from '@outcry/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { GatewayMetrics } from '../observability/metrics.ts';
import { FakeTransport } from '../testing/fake-transport.ts';
import { Backlog } from './backlog.ts';
import { NO_STREAMS } from './conflatable-streams.ts';
import type { Connection } from './connection.ts';
import { Connections } from './connections.ts';
import { Drain, type Drained } from './drain.ts';

const CONFIG = { delayMs: 0, maxMs: 20_000, spreadMs: 1000 };
/** All who can be asked within `CONFIG` are by then: the spread and a step. */
const ASKED_MS = 1100;

/** A client that notes what it is told, and when. */
class Client implements Connection {
  readonly socket = new FakeTransport().connect();
  readonly identity = undefined;
  readonly deadline = undefined;
  readonly streams = NO_STREAMS;
  readonly backlog = new Backlog(this.socket, { softBufferBytes: 1, hardBufferBytes: 2, laggingTimeoutMs: 1 });
  readonly lastHeardAt = 0;
  readonly canMove: boolean;
  lastPingAt = 0;
  told: (ServerFrame & { type: 'draining' }) | undefined;
  toldAt = 0;
  closeCode: CloseCode | undefined;
  readonly #gone: (client: Client) => void;

  constructor(canMove: boolean, gone: (client: Client) => void) {
    this.canMove = canMove;
    this.#gone = gone;
  }

  sendFrame(frame: ServerFrame): void {
    if (frame.type !== 'draining') throw new Error(`expected draining, not ${frame.type}`);
    this.told = frame;
    this.toldAt = performance.now();
  }

  close(closeCode: CloseCode): void {
    this.closeCode = closeCode;
    this.#gone(this);
  }

  /** As a client does that is elsewhere. */
  leave(): void {
    this.#gone(this);
  }
}

describe('Drain', () => {
  let connections: Connections;
  let metrics: GatewayMetrics;
  let othersTake: () => Promise<number>;
  let flushes: number;

  beforeEach(() => {
    vi.useFakeTimers();
    metrics = new GatewayMetrics();
    connections = new Connections({ heartbeatMs: 25_000, idleTimeoutMs: 1e9, metrics });
    othersTake = () => Promise.resolve(10_000);
    flushes = 0;
  });
  afterEach(() => {
    connections.stop();
    vi.useRealTimers();
  });

  function come(count: number, canMove: boolean): Client[] {
    return Array.from({ length: count }, () => {
      const client = new Client(canMove, (gone) => {
        connections.remove(gone);
      });
      connections.add(client);
      return client;
    });
  }

  function drain(config: Partial<typeof CONFIG> = {}): Drain {
    const flush = (): void => {
      flushes += 1;
    };
    return new Drain({ config: { ...CONFIG, ...config }, connections, othersTake: () => othersTake(), flush, metrics });
  }

  /** What has become of it after so long, or undefined where it goes on. */
  async function after(ms: number, run: Promise<Drained>): Promise<Drained | undefined> {
    let drained: Drained | undefined;
    void run.then((result) => {
      drained = result;
    });
    await vi.advanceTimersByTimeAsync(ms);
    return drained;
  }

  it('asks those who can move one after the other, and serves them until they have gone', async () => {
    const clients = come(200, true);
    const run = drain().run();
    await vi.advanceTimersByTimeAsync(500);
    const asked = clients.filter(({ told }) => told !== undefined);
    expect(asked.length).toBeGreaterThan(80);
    expect(asked.length).toBeLessThan(120);
    expect(asked[0]?.told).toEqual({ type: 'draining', reconnectInMs: 0, openForMs: 10_000 });
    await vi.advanceTimersByTimeAsync(ASKED_MS);
    expect(clients.filter(({ told }) => told === undefined)).toEqual([]);
    expect(clients.filter(({ closeCode }) => closeCode !== undefined)).toEqual([]);
    for (const client of clients) client.leave();
    expect(await after(100, run)).toEqual({ moved: 200, late: 0, closed: 0, left: 0, toldMs: 0 });
  });

  it('closes those who cannot move in their turn, to come back at once', async () => {
    const clients = come(200, false);
    const run = drain().run();
    await vi.advanceTimersByTimeAsync(500);
    const closed = clients.filter(({ closeCode }) => closeCode === CLOSE_CODES.restart);
    expect(closed.length).toBeGreaterThan(80);
    expect(closed.length).toBeLessThan(120);
    expect(closed[0]?.told).toEqual({ type: 'draining', reconnectInMs: 0 });
    expect(flushes).toBeGreaterThan(0);
    expect(await after(ASKED_MS, run)).toEqual({ moved: 0, late: 0, closed: 200, left: 0, toldMs: 0 });
  });

  it('closes who has not moved in the time that it was given', async () => {
    const [client] = come(1, true);
    const run = drain().run();
    expect(await after(9900, run)).toBeUndefined();
    expect(client?.closeCode).toBeUndefined();
    expect(await after(200, run)).toMatchObject({ moved: 0, late: 1, left: 0 });
    expect(client?.closeCode).toBe(CLOSE_CODES.restart);
  });

  it('gives nobody more time than there is, and ends within it', async () => {
    const clients = come(300, true);
    const run = drain({ maxMs: 2000, spreadMs: 60_000 }).run();
    expect(await after(2000, run)).toMatchObject({ late: 300, left: 0 });
    const times = clients.map(({ told }) => told?.openForMs ?? 0);
    expect(Math.max(...times)).toBeLessThan(2000);
    // Also who is asked last has a third of the time that there is.
    expect(Math.min(...times)).toBeGreaterThan(400);
  });

  it('has all come back when they are told to, where there is nobody else', async () => {
    othersTake = () => Promise.resolve(0);
    const clients = [...come(100, true), ...come(100, false)];
    const run = drain().run();
    const drained = await after(50, run);
    expect(drained).toMatchObject({ closed: 200, left: 0 });
    const delays = clients.map(({ told }) => told?.reconnectInMs ?? -1);
    expect(clients.filter(({ told }) => told?.openForMs !== undefined)).toEqual([]);
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...delays)).toBe(drained?.toldMs);
    expect(drained?.toldMs).toBeGreaterThan(500);
    expect(drained?.toldMs).toBeLessThan(1000);
  });

  it.each([
    ['cannot be asked', () => Promise.reject(new Error('unavailable'))],
    ['do not answer', () => new Promise<number>(() => undefined)],
  ])('takes nobody for there where the others %s', async (_what, answer) => {
    othersTake = answer;
    come(10, true);
    expect(await after(1100, drain().run())).toMatchObject({ closed: 10 });
  });

  it('notices that the last of the others has gone as well', async () => {
    const clients = come(1000, true);
    othersTake = () => Promise.resolve(100);
    const run = drain().run();
    await vi.advanceTimersByTimeAsync(900);
    othersTake = () => Promise.resolve(0);
    await vi.advanceTimersByTimeAsync(400);
    expect(clients.filter(({ closeCode }) => closeCode === undefined)).toEqual([]);
    // Those who were asked to move as well.
    expect(clients.filter(({ told }) => told?.openForMs !== undefined)).toEqual([]);
    expect(await after(0, run)).toMatchObject({ closed: 1000, late: 0, moved: 0 });
  });

  it('goes by what was last known where the others cannot be asked any more', async () => {
    const clients = come(100, true);
    const run = drain().run();
    await vi.advanceTimersByTimeAsync(900);
    othersTake = () => Promise.reject(new Error('unavailable'));
    await vi.advanceTimersByTimeAsync(1000);
    expect(clients.filter(({ closeCode }) => closeCode !== undefined)).toEqual([]);
    for (const client of clients) client.leave();
    expect(await after(100, run)).toMatchObject({ moved: 100 });
  });

  it('is over at once where nobody is there', async () => {
    expect(await after(0, drain().run())).toEqual({ moved: 0, late: 0, closed: 0, left: 0, toldMs: 0 });
  });

  it('asks nobody before the delay is over', async () => {
    come(1, true);
    const begun = drain({ delayMs: 3000 });
    let isOver = false;
    void begun.wait().then(() => {
      isOver = true;
    });
    await vi.advanceTimersByTimeAsync(2999);
    expect(isOver).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(isOver).toBe(true);
  });

  it('counts what became of them', async () => {
    const [mover] = come(1, true);
    come(1, false);
    const run = drain().run();
    await vi.advanceTimersByTimeAsync(100);
    mover?.leave();
    await after(100, run);
    const text = await metrics.registry.getSingleMetricAsString('outcry_gateway_drained_total');
    expect(text).toContain('{outcome="moved"} 1');
    expect(text).toContain('{outcome="closed"} 1');
  });
});
