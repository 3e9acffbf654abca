import type { GatewayMetrics } from '../observability/metrics.ts';
import type { Connection } from './connection.ts';
import type { Connections } from './connections.ts';

/** Whoever was asked is not asked again within this. A client keeps to it by itself as well, across its connections. */
const HOUR_MS = 3_600_000;
/** A client that has said nothing for so long is idle. */
const IDLE_MS = 10_000;
const TICK_MS = 50;
/** A connection that nobody moves from stays, so this only says how much time there is for it. */
const OPEN_FOR_MS = 60_000;

export interface MoverOptions {
  readonly connections: Connections;
  readonly metrics: Pick<GatewayMetrics, 'balanced'>;
  /** Over which those are asked who are to be asked. */
  readonly periodMs: number;
}

/** Asks some clients of this gateway to move, because it has too many: none of them is closed. */
export class Mover {
  readonly #options: MoverOptions;
  readonly #askedAt = new WeakMap<Connection, number>();
  #chosen: Connection[] = [];
  #perTick = 0;
  #due = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: MoverOptions) {
    this.#options = options;
  }

  /** Asks so many, evenly over the period. Who is told twice does what it was told last. */
  move(count: number): void {
    this.#chosen = this.#choose(count);
    this.#perTick = (this.#chosen.length * TICK_MS) / this.#options.periodMs;
    this.#due = 0;
    this.#timer ??= setInterval(() => {
      this.#tick();
    }, TICK_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#chosen = [];
  }

  /** Those first who are idle, of these and of the others the oldest first. */
  #choose(count: number): Connection[] {
    const now = performance.now();
    const [idle, busy]: [Connection[], Connection[]] = [[], []];
    for (const connection of this.#options.connections) {
      if (idle.length >= count) break;
      if (connection.canMove !== true || now - (this.#askedAt.get(connection) ?? -Infinity) < HOUR_MS) continue;
      if (now - connection.lastHeardAt >= IDLE_MS) idle.push(connection);
      else if (busy.length < count) busy.push(connection);
    }
    return [...idle, ...busy].slice(0, count).reverse();
  }

  #tick(): void {
    this.#due += this.#perTick;
    for (; this.#due >= 1 && this.#chosen.length > 0; this.#due -= 1) {
      const connection = this.#chosen.pop();
      if (connection !== undefined && this.#options.connections.has(connection)) this.#ask(connection);
    }
    if (this.#chosen.length === 0) this.stop();
  }

  #ask(connection: Connection): void {
    this.#askedAt.set(connection, performance.now());
    this.#options.metrics.balanced.inc();
    connection.sendFrame({ type: 'draining', reconnectInMs: 0, openForMs: OPEN_FOR_MS, stays: true });
  }
}
