import { CLOSE_CODES } from '@outcry/protocol';

import type { GatewayMetrics } from '../observability/metrics.ts';
import { ClosedConnections } from './closed-connections.ts';
import { tellEnding, tellStory } from './connection-story.ts';
import type { Connection } from './connection.ts';

export interface ConnectionsOptions {
  readonly heartbeatMs: number;
  readonly idleTimeoutMs: number;
  readonly metrics: GatewayMetrics;
}

/** Often enough that a fast room cannot go far past the hard limit in between; 10,000 connections take well under 1 ms. */
const SWEEP_MS = 100;

/** How long a sweep keeps the loop to itself: closing a thousand connections takes many times as long. */
const MAX_TURN_MS = 1;

/** Connections that are looked after between two looks at the clock. */
const STRIDE = 16;

/** How much of the time between two sweeps may go into snapshots for those who catch up; the rest of them wait their turn. */
const MAX_CATCH_UP_MS = 10;

/** Every open connection. One timer pings them, ends the silent ones and keeps the slow ones within their limits. */
export class Connections {
  readonly #options: ConnectionsOptions;
  /** Those that were closed last. */
  readonly closed: ClosedConnections;
  readonly #open = new Set<Connection>();
  readonly #timer: NodeJS.Timeout;
  /** Goes on with the sweep when what came meanwhile has been served. */
  #nextTurn: NodeJS.Immediate | undefined;
  /** Spent on catching up since the last sweep. */
  #caughtUpMs = 0;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
    this.closed = new ClosedConnections({
      onForgotten: () => {
        options.metrics.closesForgotten.inc();
      },
    });
    this.#timer = setInterval(() => {
      if (this.#nextTurn === undefined) this.#sweep();
    }, SWEEP_MS).unref();
  }

  get size(): number {
    return this.#open.size;
  }

  has(connection: Connection): boolean {
    return this.#open.has(connection);
  }

  add(connection: Connection): void {
    // Connections that came together should not all be pinged together.
    connection.lastPingAt = performance.now() - Math.random() * this.#options.heartbeatMs;
    this.#open.add(connection);
  }

  /** It goes on as another one. */
  remove(connection: Connection): void {
    this.#open.delete(connection);
  }

  /** It is closed, as the transport says. What was known of it is remembered for a while. */
  end(connection: Connection, code: number): void {
    this.#open.delete(connection);
    const story = tellStory(connection);
    if (story !== undefined) this.closed.add({ ...story, closed: tellEnding(connection, code) });
  }

  /** The client has read something of what waited for it. */
  hasRead(connection: Connection): void {
    const now = performance.now();
    connection.backlog.noteRead(now);
    this.#checkBacklog(connection, now);
  }

  *[Symbol.iterator](): Generator<Connection> {
    yield* this.#open;
  }

  stop(): void {
    clearInterval(this.#timer);
    clearImmediate(this.#nextTurn);
  }

  #sweep(): void {
    this.#caughtUpMs = 0;
    this.#options.metrics.sampler.countSweep();
    this.#sweepOn(this.#open.values());
  }

  #sweepOn(ahead: Iterator<Connection, undefined>): void {
    this.#nextTurn = undefined;
    const now = performance.now();
    while (performance.now() - now < MAX_TURN_MS) {
      for (let i = 0; i < STRIDE; i += 1) {
        const connection = ahead.next().value;
        if (connection === undefined) return;
        this.#lookAfter(connection, now);
      }
    }
    this.#nextTurn = setImmediate(() => {
      this.#sweepOn(ahead);
    });
  }

  #lookAfter(connection: Connection, now: number): void {
    const { heartbeatMs, idleTimeoutMs } = this.#options;
    const { deadline } = connection;
    if (deadline !== undefined && now >= deadline.at) {
      connection.close(deadline.closeCode);
      return;
    }
    // Behind much that is unread a ping waits long for its answer: whoever reads is there.
    if (now - Math.max(connection.lastHeardAt, connection.backlog.readAt) > idleTimeoutMs) {
      connection.close(CLOSE_CODES.heartbeatTimeout);
      return;
    }
    if (now - connection.lastPingAt >= heartbeatMs) {
      connection.lastPingAt = now;
      connection.socket.ping();
    }
    this.#checkBacklog(connection, now);
    const { sampler } = this.#options.metrics;
    if (sampler.isOn) sampler.countLook(connection);
  }

  #checkBacklog(connection: Connection, now: number): void {
    const { backlog, streams, socket } = connection;
    switch (backlog.judge(now, streams.isHoldingBack)) {
      case 'close':
        connection.close(CLOSE_CODES.slowConsumer);
        break;
      case 'holdBack':
        this.#options.metrics.lagging.inc();
        connection.sendFrame({ type: 'lagging', bufferedBytes: socket.bufferedBytes() });
        streams.holdBack();
        break;
      case 'room':
        if (streams.isBehind) this.#catchUp(connection);
        break;
      case 'wait':
        break;
    }
  }

  /** As much as there is room for: what does not fit is sent when this much has been read. */
  #catchUp({ backlog, streams }: Connection): void {
    while (streams.isBehind && backlog.hasRoom && this.#caughtUpMs < MAX_CATCH_UP_MS) {
      const startedAt = performance.now();
      backlog.allow(() => {
        streams.catchUpOne();
      });
      this.#caughtUpMs += performance.now() - startedAt;
    }
  }
}
