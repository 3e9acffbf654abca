/** Past this, what comes is late: shown as old, and the connection as one that lags. */
export const LATE_MS = 3_000;
/** Pings that somebody asks for are no closer than this. */
const PING_QUIET_MS = 1_000;
/** Of the time that an answer may take: what comes before it was on its way before the ping, and proves nothing. */
const UNDER_WAY_SHARE = 0.2;
/** A connection that is late is asked this often whether it still is. */
const ASK_AGAIN_MS = 3_000;
/** A suspicion is over when none came for so long. */
const SUSPICION_MS = 10_000;

/** Of one connection: whether the gateway is there, and how far behind it what comes is. Pings tell both, by one clock. */
export class Heartbeat {
  readonly #pongTimeoutMs: number;
  /** Without an answer so far, oldest first. */
  #pings: number[] = [];
  #pingedAt = -Infinity;
  #heardAt = 0;
  #lostAt = Infinity;
  #isLate = false;
  #isSuspected = false;
  #suspectedAt = -Infinity;
  /** A quick answer has said that the delay is not the connection's. */
  #isCleared = false;

  constructor(pongTimeoutMs: number) {
    this.#pongTimeoutMs = pongTimeoutMs;
  }

  /** When the connection counts as lost, unless something comes. */
  get lostAt(): number {
    return this.#lostAt;
  }

  /** What comes was sent seconds ago. */
  get isLate(): boolean {
    return this.#isLate;
  }

  /** The same, or undefined while an answer to a suspicion is awaited. */
  get verdict(): boolean | undefined {
    return this.#isLate || !this.#isSuspected ? this.#isLate : undefined;
  }

  begin(now: number): void {
    this.#pings = [];
    this.#pingedAt = -Infinity;
    this.#heardAt = now;
    this.#lostAt = Infinity;
    this.#isLate = this.#isSuspected = false;
    this.#suspectedAt = -Infinity;
  }

  /** When to ask next, where nothing was heard for `silenceMs` before it. */
  nextPingAt(silenceMs: number): number {
    if (this.#lostAt !== Infinity) return Infinity;
    const silentAt = this.#heardAt + silenceMs;
    const isAsking = (this.#isLate || this.#isSuspected) && this.#pings.length === 0;
    return isAsking ? Math.min(silentAt, this.#pingedAt + ASK_AGAIN_MS) : silentAt;
  }

  /** Whether to ask now because somebody wants to know. What was heard does not matter: it says nothing of what changed since. */
  mayPing(now: number): boolean {
    return this.#lostAt === Infinity && now - this.#pingedAt >= PING_QUIET_MS;
  }

  pinged(now: number): void {
    this.#pings.push(now);
    this.#pingedAt = now;
    this.#lostAt = now + this.#pongTimeoutMs;
  }

  /** Something came. It proves that the gateway is there, unless it may have been on its way before the question. */
  heard(now: number): void {
    this.#heardAt = now;
    if (now - this.#pingedAt >= this.#pongTimeoutMs * UNDER_WAY_SHARE) this.#lostAt = Infinity;
    const [oldest] = this.#pings;
    if (oldest !== undefined && now - oldest >= LATE_MS) this.#isLate = true;
  }

  /** The answer to the oldest ping. */
  ponged(now: number): void {
    const sentAt = this.#pings.shift();
    if (sentAt === undefined) return;
    if (this.#pings.length === 0) this.#lostAt = Infinity;
    this.#isLate = now - sentAt >= LATE_MS;
    this.#isCleared = !this.#isLate;
    if (this.#suspectedAt <= sentAt) this.#isSuspected = false;
  }

  /** Something came later than it should. An answer to the next ping tells whether the connection is why. */
  suspect(now: number): void {
    if (now - this.#suspectedAt >= SUSPICION_MS) this.#isCleared = false;
    this.#suspectedAt = now;
    this.#isSuspected = true;
    if (!this.#isCleared) this.#isLate = true;
  }
}
