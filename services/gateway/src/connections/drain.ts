import { CLOSE_CODES } from '@outcry/protocol';

import type { GatewayMetrics } from '../observability/metrics.ts';
import type { Connection } from './connection.ts';
import type { Connections } from './connections.ts';
import { DrainPace } from './drain-pace.ts';
import type { DrainConfig } from './settings.ts';

export interface DrainOptions {
  readonly config: DrainConfig;
  readonly connections: Connections;
  /** Clients a second that the other gateways can take, all of them together; 0 where there is no other. */
  readonly othersTake: () => Promise<number>;
  /** Called before a connection is closed: what waits to be sent to it goes out first. */
  readonly flush: () => void;
  readonly metrics: Pick<GatewayMetrics, 'drained'>;
}

/** What became of the clients. */
export interface Drained {
  /** Were asked to move, and have gone by themselves. */
  readonly moved: number;
  /** Were asked to move, and closed when their time was over. */
  readonly late: number;
  /** Cannot move, or have nowhere to go: closed in their turn. */
  readonly closed: number;
  /** Still there when the time was over. */
  readonly left: number;
  /** The longest that one of them was told to wait before it comes back. */
  readonly toldMs: number;
}

/** How it goes. */
interface Course {
  readonly pace: DrainPace;
  /** Those who have not been asked yet. */
  readonly ahead: Iterator<Connection, undefined>;
  /** From when on everybody is closed. */
  readonly closeAt: number;
}

/** Clients are asked so often: those of one time come to the others together. */
const TICK_MS = 10;
/** How much of that may go into asking and closing, so that those who are still here are served. */
const MAX_TURN_MS = 2;
/** What the others can take is looked at again after so long: they say it every two seconds. */
const LOOK_EVERY_MS = 1000;
/** A look that takes longer is one at nobody. */
const LOOK_LIMIT_MS = 1000;
/** How long a client has for its move: as long as an attempt to connect may take. */
const MAX_OPEN_MS = 10_000;

/** What is kept of the time that there is: for moves after the last was asked, for closing who has not gone, and for what follows. */
const KEPT = {
  moving: { share: 0.3, maxMs: 5000 },
  closing: { share: 0.15, maxMs: 2500 },
  ending: { share: 0.1, maxMs: 1500 },
} as const;

/**
 * Empties a gateway of its clients, some at a time: those that can move are asked to, and are served here until they have gone; the
 * others are closed. How fast that goes follows from how many they are, what the other gateways can take, and how much time there is.
 */
export class Drain {
  readonly #options: DrainOptions;
  /** When nothing of it may last any longer. */
  readonly #endAt: number;
  /** Who was asked to move, and until when there is time for that; the first of them first. */
  readonly #asked = new Map<Connection, number>();
  readonly #counts = { moved: 0, late: 0, closed: 0 };
  #othersTake = 0;
  #lookedAt = -Infinity;
  #toldMs = 0;
  #isCancelled = false;

  /** The time that there is begins now. */
  constructor(options: DrainOptions) {
    this.#options = options;
    this.#endAt = performance.now() + options.config.maxMs;
  }

  /** Resolves once those who send clients here have had the time to notice. */
  async wait(): Promise<void> {
    const { delayMs } = this.#options.config;
    if (delayMs > 0) await pause(delayMs);
  }

  /** Nobody is asked or closed any more; who was asked to move may. `run` resolves soon. */
  cancel(): void {
    this.#isCancelled = true;
  }

  /** Resolves when nobody is there any more, or the time is over. Nobody may come in meanwhile. */
  async run(): Promise<Drained> {
    const { connections, config } = this.#options;
    await Promise.race([this.#look(performance.now()), pause(LOOK_LIMIT_MS)]);
    const now = performance.now();
    const { askUntil, closeAt, endAt } = this.#timesFrom(now);
    const pace = new DrainPace({ spreadMs: config.spreadMs, total: connections.size, now, until: askUntil });
    const ahead = connections[Symbol.iterator]();
    while (!this.#isCancelled && connections.size > 0 && performance.now() < endAt) {
      this.#step({ pace, ahead, closeAt });
      if (connections.size > 0) await pause(TICK_MS);
    }
    for (const connection of this.#asked.keys()) if (!connections.has(connection)) this.#count('moved');
    return { ...this.#counts, left: connections.size, toldMs: this.#toldMs };
  }

  #timesFrom(now: number): { readonly askUntil: number; readonly closeAt: number; readonly endAt: number } {
    const thereMs = Math.max(0, this.#endAt - now);
    const kept = ({ share, maxMs }: { readonly share: number; readonly maxMs: number }): number =>
      Math.min(thereMs * share, maxMs);
    const endAt = this.#endAt - kept(KEPT.ending);
    const closeAt = endAt - kept(KEPT.closing);
    return { askUntil: closeAt - kept(KEPT.moving), closeAt, endAt };
  }

  #step({ pace, ahead, closeAt }: Course): void {
    const now = performance.now();
    if (now - this.#lookedAt >= LOOK_EVERY_MS) void this.#look(now);
    this.#options.flush();
    this.#settle(now);
    const all = this.#options.connections[Symbol.iterator]();
    if (now >= closeAt) {
      this.#inTurn(Infinity, all, (connection) => {
        this.#close(connection, this.#asked.delete(connection) ? 'late' : 'closed');
      });
    } else if (this.#othersTake === 0) {
      this.#inTurn(Infinity, all, (connection) => {
        this.#sendAway(connection, Math.floor(Math.random() * this.#options.config.spreadMs));
      });
    } else {
      const due = pace.due(now, this.#othersTake);
      pace.asked(
        this.#inTurn(due, ahead, (connection) => {
          this.#ask(connection, closeAt - now);
        }),
      );
    }
  }

  /** Does something with so many connections, or with as many as there is time for now; says how many those were. */
  #inTurn(count: number, ahead: Iterator<Connection, undefined>, act: (connection: Connection) => void): number {
    const startedAt = performance.now();
    for (let done = 0; ; done += 1) {
      if (done >= count || performance.now() - startedAt >= MAX_TURN_MS) return done;
      const connection = ahead.next().value;
      if (connection === undefined) return done;
      act(connection);
    }
  }

  /** @param leftMs For which a connection can stay open at most */
  #ask(connection: Connection, leftMs: number): void {
    if (connection.canMove !== true) {
      // Its turn is its delay.
      this.#sendAway(connection, 0);
      return;
    }
    const openForMs = Math.floor(Math.min(MAX_OPEN_MS, leftMs));
    connection.sendFrame({ type: 'draining', reconnectInMs: 0, openForMs });
    this.#asked.set(connection, performance.now() + openForMs);
  }

  /** To whoever is there by then, after a time of its own. */
  #sendAway(connection: Connection, reconnectInMs: number): void {
    this.#asked.delete(connection);
    this.#toldMs = Math.max(this.#toldMs, reconnectInMs);
    connection.sendFrame({ type: 'draining', reconnectInMs });
    this.#close(connection, 'closed');
  }

  /** Those whose time is over have gone, or go now. */
  #settle(now: number): void {
    for (const [connection, until] of this.#asked) {
      if (until > now || performance.now() - now >= MAX_TURN_MS) return;
      this.#asked.delete(connection);
      if (this.#options.connections.has(connection)) this.#close(connection, 'late');
      else this.#count('moved');
    }
  }

  #close(connection: Connection, how: 'late' | 'closed'): void {
    this.#count(how);
    connection.close(CLOSE_CODES.restart);
  }

  #count(how: 'moved' | 'late' | 'closed'): void {
    this.#counts[how] += 1;
    this.#options.metrics.drained.labels(how).inc();
  }

  /** Never rejects: where nothing can be learnt, what was last known holds; before that, that there is nobody. */
  async #look(now: number): Promise<void> {
    this.#lookedAt = now;
    this.#othersTake = await this.#options.othersTake().catch(() => this.#othersTake);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
