import type { Connection } from './connection.ts';

const TICK_MS = 20;

interface Limit {
  readonly bytesPerTick: number;
  /** `counter.bytes` up to which the connection may read. */
  allowedBytes: number;
}

/** Lets connections read slowly. What the kernel has buffered by then is beyond its reach. */
export class Throttle {
  readonly #limits = new Map<Connection, Limit>();
  #timer: NodeJS.Timeout | undefined;

  set(connection: Connection, bytesPerSecond: number): void {
    this.#limits.delete(connection);
    connection.resume();
    if (bytesPerSecond === Infinity) return;
    connection.pause();
    const bytesPerTick = (bytesPerSecond * TICK_MS) / 1000;
    this.#limits.set(connection, { bytesPerTick, allowedBytes: connection.counter.bytes });
    this.#timer ??= setInterval(() => {
      this.#tick();
    }, TICK_MS);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#limits.clear();
  }

  #tick(): void {
    for (const [connection, limit] of this.#limits) {
      limit.allowedBytes += limit.bytesPerTick;
      if (connection.counter.bytes < limit.allowedBytes) connection.resume();
      else connection.pause();
    }
  }
}
