import type { Redis } from 'ioredis';

export interface WaitOptions {
  /** An entry behind this one is waited for. */
  readonly after: string;
  readonly ms: number;
  readonly signal: AbortSignal;
}

/** Waits in Redis, each stream on a connection of its own: nothing else can be asked on one that waits. */
export class StreamWait {
  readonly #redis: Redis;
  /** Beyond what it waits: then the connection is not there any more. */
  readonly #timeoutMs: number;
  readonly #connections = new Map<string, Redis>();

  constructor(redis: Redis, timeoutMs: number) {
    this.#redis = redis;
    this.#timeoutMs = timeoutMs;
  }

  /** Resolves when there is an entry, after `ms`, or at once when `signal` aborts: then its connection is let go. */
  async until(stream: string, { after, ms, signal }: WaitOptions): Promise<void> {
    if (signal.aborted) return;
    const connection = this.#connectionFor(stream, ms);
    const letGo = (): void => {
      this.#connections.delete(stream);
      connection.disconnect();
    };
    signal.addEventListener('abort', letGo);
    try {
      await connection.xread('COUNT', 1, 'BLOCK', ms, 'STREAMS', stream, after);
    } catch (err) {
      if (isAborted(signal)) return;
      letGo();
      throw err;
    } finally {
      signal.removeEventListener('abort', letGo);
    }
  }

  close(): void {
    for (const connection of this.#connections.values()) connection.disconnect();
    this.#connections.clear();
  }

  #connectionFor(stream: string, ms: number): Redis {
    const known = this.#connections.get(stream);
    if (known !== undefined) return known;
    const connection = this.#redis.duplicate({ commandTimeout: ms + this.#timeoutMs });
    connection.on('error', () => undefined);
    this.#connections.set(stream, connection);
    return connection;
  }
}

/** Looked at again behind an await, where it may be another than before. */
function isAborted({ aborted }: AbortSignal): boolean {
  return aborted;
}
