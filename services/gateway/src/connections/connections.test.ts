import { CLOSE_CODES, type CloseCode, type ServerFrame } from '@outcry/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Backlog } from './backlog.ts';
import type { ConflatableStreams } from './conflatable-streams.ts';
import { GatewayMetrics } from '../observability/metrics.ts';
import { type FakeSocket, FakeTransport } from '../testing/fake-transport.ts';
import type { Connection } from './connection.ts';
import { Connections } from './connections.ts';

const LIMITS = { softBufferBytes: 100, hardBufferBytes: 1000, laggingTimeoutMs: 2000 };

/** Three streams, of each of which one snapshot is so many bytes. */
class FakeStreams implements ConflatableStreams {
  held = 0;
  snapshotBytes = 0;
  readonly #socket: FakeSocket;

  constructor(socket: FakeSocket) {
    this.#socket = socket;
  }

  get isBehind(): boolean {
    return this.isHoldingBack;
  }

  get isHoldingBack(): boolean {
    return this.held > 0;
  }

  holdBack(): void {
    this.held = 3;
  }

  catchUpOne(): void {
    this.held -= 1;
    this.#socket.buffered += this.snapshotBytes;
  }
}

class FakeConnection implements Connection {
  readonly socket = new FakeTransport().connect();
  readonly sent: ServerFrame[] = [];
  lastHeardAt = performance.now();
  lastPingAt = 0;
  readonly identity = undefined;
  readonly deadline = undefined;
  readonly backlog = new Backlog(this.socket, LIMITS);
  readonly streams = new FakeStreams(this.socket);
  closeCode: CloseCode | undefined;

  sendFrame(frame: ServerFrame): void {
    this.sent.push(frame);
  }

  close(closeCode: CloseCode): void {
    this.closeCode ??= closeCode;
  }
}

describe('Connections', () => {
  let connections: Connections;
  let connection: FakeConnection;

  beforeEach(() => {
    vi.useFakeTimers();
    connections = new Connections({
      heartbeatMs: 1000,
      idleTimeoutMs: 3000,
      metrics: new GatewayMetrics(),
    });
    connection = new FakeConnection();
    connections.add(connection);
  });
  afterEach(() => {
    connections.stop();
    vi.useRealTimers();
  });

  it('pings once each heartbeat', () => {
    vi.advanceTimersByTime(2900);
    const { pings } = connection.socket;
    expect([2, 3]).toContain(pings.length);
    expect((pings[1] ?? 0) - (pings[0] ?? 0)).toBeGreaterThanOrEqual(1000);
  });

  it('closes what has been silent for the idle timeout, and nothing sooner', () => {
    vi.advanceTimersByTime(2900);
    expect(connection.closeCode).toBeUndefined();
    connection.lastHeardAt = performance.now();
    vi.advanceTimersByTime(3000);
    expect(connection.closeCode).toBeUndefined();
    vi.advanceTimersByTime(100);
    expect(connection.closeCode).toEqual(CLOSE_CODES.heartbeatTimeout);
  });

  it('tells a slow client once, again after it has drained, and closes it past the hard limit', () => {
    connection.socket.buffered = 101;
    vi.advanceTimersByTime(300);
    expect(connection.sent).toEqual([{ type: 'lagging', bufferedBytes: 101 }]);
    connection.socket.buffered = 0;
    vi.advanceTimersByTime(100);
    connection.socket.buffered = 500;
    vi.advanceTimersByTime(100);
    expect(connection.sent).toHaveLength(2);
    expect(connection.closeCode).toBeUndefined();
    connection.socket.buffered = 1001;
    vi.advanceTimersByTime(100);
    expect(connection.closeCode).toEqual(CLOSE_CODES.slowConsumer);
  });

  it('holds a slow client back once it is told, and lets it catch up when it has read most of it', () => {
    connection.socket.buffered = 101;
    vi.advanceTimersByTime(100);
    expect(connection.streams.held).toBe(3);
    connection.socket.buffered = 26;
    vi.advanceTimersByTime(100);
    expect(connection.streams.held).toBe(3);
    connection.socket.buffered = 25;
    vi.advanceTimersByTime(100);
    expect(connection.streams.held).toBe(0);
    expect(connection.sent).toHaveLength(1);
  });

  it('goes on catching up when more has been read, without waiting for the next sweep', () => {
    connection.socket.buffered = 101;
    vi.advanceTimersByTime(100);
    connection.streams.snapshotBytes = 80;
    for (const left of [2, 1, 0]) {
      connection.socket.buffered = 0;
      connections.hasRead(connection);
      expect([connection.streams.held, connection.socket.buffered]).toEqual([left, 80]);
    }
  });

  it('does not hold the size of a snapshot against the client that it was sent to', () => {
    connection.socket.buffered = 101;
    vi.advanceTimersByTime(100);
    connection.streams.snapshotBytes = 1200;
    connection.socket.buffered = 20;
    vi.advanceTimersByTime(100);
    expect([connection.streams.held, connection.socket.buffered]).toEqual([2, 1220]);
    connection.socket.buffered = 1300;
    vi.advanceTimersByTime(100);
    expect([connection.sent.length, connection.streams.held]).toEqual([1, 2]);
    connection.socket.buffered = 1301;
    vi.advanceTimersByTime(100);
    expect([connection.sent.length, connection.streams.held]).toEqual([2, 3]);
    connection.socket.buffered = 2201;
    vi.advanceTimersByTime(100);
    expect(connection.closeCode).toEqual(CLOSE_CODES.slowConsumer);
  });

  it('lets what came be served while it closes many', () => {
    const crowd = new Connections({ heartbeatMs: 1000, idleTimeoutMs: 50, metrics: new GatewayMetrics() });
    let closed = 0;
    let spentMs = 0;
    const timersTime = performance.now.bind(performance);
    vi.spyOn(performance, 'now').mockImplementation(() => timersTime() + spentMs);
    for (let i = 0; i < 100; i += 1) {
      const member = new FakeConnection();
      member.close = () => {
        closed += 1;
        spentMs += 0.1;
      };
      crowd.add(member);
    }
    connections.stop();
    vi.advanceTimersToNextTimer();
    expect(closed).toBeGreaterThan(0);
    expect(closed).toBeLessThan(30);
    vi.advanceTimersByTime(50);
    expect(closed).toBe(100);
    crowd.stop();
    vi.restoreAllMocks();
  });

  it('closes a client that lags and reads nothing for the time limit, and not one that reads a little', () => {
    const reader = new FakeConnection();
    connections.add(reader);
    connection.socket.buffered = 900;
    reader.socket.buffered = 900;
    for (let i = 0; i < 29; i++) {
      vi.advanceTimersByTime(100);
      connection.lastHeardAt = performance.now();
      reader.socket.buffered -= 1;
    }
    expect(connection.closeCode).toEqual(CLOSE_CODES.slowConsumer);
    expect(reader.closeCode).toBeUndefined();
  });

  it('closes a client that reads nothing of what it was sent to catch up, and not one that reads a little', () => {
    const reader = new FakeConnection();
    connections.add(reader);
    for (const { socket } of [connection, reader]) socket.buffered = 101;
    vi.advanceTimersByTime(100);
    for (const { socket, streams } of [connection, reader]) {
      socket.buffered = 0;
      streams.snapshotBytes = 90;
    }
    const sendOn = (times: number): void => {
      for (let i = 0; i < times; i++) {
        vi.advanceTimersByTime(100);
        connection.lastHeardAt = performance.now();
        reader.socket.buffered -= 1;
      }
    };
    sendOn(20);
    expect([connection.streams.held, connection.socket.buffered, connection.closeCode]).toEqual([2, 90, undefined]);
    sendOn(5);
    expect(connection.closeCode).toEqual(CLOSE_CODES.slowConsumer);
    expect(reader.closeCode).toBeUndefined();
  });

  it('takes reading for a sign of life: behind much that is unread a ping waits long', () => {
    connection.socket.buffered = 900;
    for (let i = 0; i < 60; i++) {
      vi.advanceTimersByTime(100);
      connection.socket.buffered -= 1;
    }
    expect(connection.closeCode).toBeUndefined();
  });
});
