/** Sockets of which none takes anything. Fewer may be clients that read nothing, all that there are. */
const MIN_SOCKETS = 3;
/** Each client has been pinged twice by then, those that read included. */
const HEARTBEATS = 2;
/** Behind that. */
const GRACE_MS = 10_000;

/**
 * Notices a transport that writes nothing any more: what is sent waits, on whichever socket, and nothing of it ever leaves (seen with
 * uWebSockets.js 20.61, whose issue 1260 has it for hours). Clients that do not read look the same one by one, not all together: a
 * socket that is new, or whose client reads, takes what it is sent at once.
 */
export class WriteWatch {
  /** That have been sent something, of which nothing left, since the last time that something did; no more than are needed. */
  readonly #silent = new Set<object>();
  readonly #maxSilenceMs: number;
  #since = Infinity;

  constructor(heartbeatMs: number) {
    this.#maxSilenceMs = HEARTBEATS * heartbeatMs + GRACE_MS;
  }

  /** Something has gone out. */
  wrote(): void {
    if (this.#silent.size > 0) this.#silent.clear();
  }

  /** What was sent waits, or was dropped. */
  waits(socket: object): void {
    if (this.#silent.size >= MIN_SOCKETS) return;
    if (this.#silent.size === 0) this.#since = performance.now();
    this.#silent.add(socket);
  }

  /** Nothing is sent to it any more. */
  ended(socket: object): void {
    this.#silent.delete(socket);
  }

  /** What is wrong, in words for operators; undefined where nothing is, as far as can be told. */
  get fault(): string | undefined {
    if (this.#silent.size < MIN_SOCKETS) return undefined;
    const silentMs = performance.now() - this.#since;
    if (silentMs < this.#maxSilenceMs) return undefined;
    return `the transport has written nothing for ${String(Math.floor(silentMs / 1000))} s, to any client`;
  }
}
