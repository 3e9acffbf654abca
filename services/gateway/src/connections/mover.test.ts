import type { ServerFrame } from '@outcry/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { GatewayMetrics } from '../observability/metrics.ts';
import { FakeTransport } from '../testing/fake-transport.ts';
import { Backlog } from './backlog.ts';
import { NO_STREAMS } from './conflatable-streams.ts';
import type { Connection } from './connection.ts';
import { Connections } from './connections.ts';
import { Mover } from './mover.ts';

const PERIOD_MS = 5000;
const HOUR_MS = 3_600_000;

class Client implements Connection {
  readonly socket = new FakeTransport().connect();
  readonly identity = undefined;
  readonly deadline = undefined;
  readonly streams = NO_STREAMS;
  readonly backlog = new Backlog(this.socket, { softBufferBytes: 1, hardBufferBytes: 2, laggingTimeoutMs: 1 });
  readonly canMove: boolean;
  readonly asked: ServerFrame[] = [];
  lastHeardAt = performance.now();
  lastPingAt = 0;

  constructor(canMove: boolean) {
    this.canMove = canMove;
  }

  sendFrame(frame: ServerFrame): void {
    this.asked.push(frame);
  }

  close(): void {
    throw new Error('nobody is closed');
  }
}

describe('Mover', () => {
  let connections: Connections;
  let metrics: GatewayMetrics;
  let mover: Mover;

  beforeEach(() => {
    vi.useFakeTimers();
    metrics = new GatewayMetrics();
    connections = new Connections({ heartbeatMs: 25_000, idleTimeoutMs: 1e9, metrics });
    connections.stop();
    mover = new Mover({ connections, metrics, periodMs: PERIOD_MS });
  });
  afterEach(() => {
    mover.stop();
    vi.useRealTimers();
  });

  function come(count: number, canMove = true): Client[] {
    return Array.from({ length: count }, () => {
      const client = new Client(canMove);
      connections.add(client);
      return client;
    });
  }

  function askedOf(clients: readonly Client[]): number {
    return clients.reduce((sum, { asked }) => sum + asked.length, 0);
  }

  it('asks so many, evenly over the period, and closes nobody', async () => {
    const clients = come(300);
    mover.move(100);
    vi.advanceTimersByTime(PERIOD_MS / 2);
    expect(askedOf(clients)).toBe(50);
    vi.advanceTimersByTime(2 * PERIOD_MS);
    expect(askedOf(clients)).toBe(100);
    expect(clients[0]?.asked).toEqual([{ type: 'draining', reconnectInMs: 0, openForMs: 60_000, stays: true }]);
    const text = await metrics.registry.getSingleMetricAsString('outcry_gateway_balance_asked_total');
    expect(text).toContain('outcry_gateway_balance_asked_total 100');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('begins with those who are idle, the oldest first', () => {
    const [busy, idle, youngest] = [come(2), come(2), come(2)];
    vi.advanceTimersByTime(10_000);
    for (const client of [...busy, ...youngest]) client.lastHeardAt = performance.now();
    mover.move(3);
    vi.advanceTimersByTime(PERIOD_MS);
    expect([...busy, ...idle, ...youngest].map(({ asked }) => asked.length)).toEqual([1, 0, 1, 1, 0, 0]);
  });

  it('asks nobody who cannot move, or has gone meanwhile', () => {
    const [unable, gone, stays] = [come(1, false), come(1), come(1)];
    mover.move(3);
    for (const client of gone) connections.remove(client);
    vi.advanceTimersByTime(PERIOD_MS);
    expect([unable, gone, stays].map(askedOf)).toEqual([0, 0, 1]);
  });

  it('asks nobody twice within an hour', () => {
    const clients = come(1);
    for (const passMs of [0, HOUR_MS - 2 * PERIOD_MS]) {
      vi.advanceTimersByTime(passMs);
      mover.move(1);
      vi.advanceTimersByTime(PERIOD_MS);
      expect(askedOf(clients)).toBe(1);
    }
    vi.advanceTimersByTime(2 * PERIOD_MS);
    mover.move(1);
    vi.advanceTimersByTime(PERIOD_MS);
    expect(askedOf(clients)).toBe(2);
  });

  it('does once what it is told twice', () => {
    const clients = come(300);
    mover.move(100);
    mover.move(100);
    vi.advanceTimersByTime(2 * PERIOD_MS);
    expect(askedOf(clients)).toBe(100);
  });
});
