import type { Socket } from 'node:net';

import { BEARER_PREFIX, SUBPROTOCOLS } from '@outcry/protocol';

import { connectTo, type HandshakePlan, handshakeOf } from './handshake.ts';

/** Squatters that are opened in one go, and the pause between two: a thousand a second, so that 5,000 sit at a time. */
const BATCH = 10;
const PERIOD_MS = 10;

export interface SquatCount {
  readonly squatters: number;
  /** Squatters that the server has closed. */
  readonly evicted: number;
  /** Milliseconds from the connection of the squatter that was let sit the longest until it was closed. */
  readonly slowestEvictionMs: number;
  readonly badTokens: number;
  /** Connections with a bad token that the server has closed. */
  readonly refused: number;
}

/** Clients that should not be let in: those that say nothing, and those that bring what is no token. */
export class Squatters {
  #squatters = 0;
  #evicted = 0;
  #slowestEvictionMs = 0;
  #badTokens = 0;
  #refused = 0;
  #timer: NodeJS.Timeout | undefined;

  /** Opens connections that never say who they are, and others with a bad token, so many a second. */
  start(
    url: string,
    plan: { readonly squatters: number; readonly token: string; readonly tokensPerSecond: number },
  ): void {
    const startedAt = performance.now();
    this.#timer = setInterval(() => {
      for (let i = 0; i < BATCH && this.#squatters < plan.squatters; i++) this.#squat(url);
      const due = ((performance.now() - startedAt) / 1000) * plan.tokensPerSecond;
      while (this.#badTokens < due) this.#bringToken(url, plan.token);
    }, PERIOD_MS);
  }

  count(): SquatCount {
    return {
      squatters: this.#squatters,
      evicted: this.#evicted,
      slowestEvictionMs: this.#slowestEvictionMs,
      badTokens: this.#badTokens,
      refused: this.#refused,
    };
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #squat(url: string): void {
    this.#squatters += 1;
    const socket = upgrade({ url, index: this.#squatters, subprotocols: [SUBPROTOCOLS.msgpack] });
    let connectedAt = Infinity;
    socket.once('connect', () => {
      connectedAt = performance.now();
    });
    socket.once('close', () => {
      this.#evicted += 1;
      this.#slowestEvictionMs = Math.max(this.#slowestEvictionMs, performance.now() - connectedAt);
    });
  }

  #bringToken(url: string, token: string): void {
    this.#badTokens += 1;
    const socket = upgrade({
      url,
      index: this.#badTokens,
      subprotocols: [SUBPROTOCOLS.msgpack, BEARER_PREFIX + token],
    });
    socket.once('close', () => {
      this.#refused += 1;
    });
  }
}

/** A connection that asks for an upgrade, reads what comes, and does nothing more. */
function upgrade(plan: HandshakePlan): Socket {
  const socket = connectTo(plan);
  socket.write(handshakeOf(plan));
  return socket;
}
