/** Past this, what comes is late: shown as old, and the connection as one that lags. */
export const LATE_MS = 3_000;
/** Pings that somebody asks for are no closer than this. */
const PING_QUIET_MS = 1_000;
/** Of the time that an answer may take: what comes before it was on its way before the ping, and proves nothing. */
const UNDER_WAY_SHARE = 0.2;
/** A connection that is late is asked this often whether it still is. */
const ASK_AGAIN_MS = 3_000;
/** An alarm so much too late was held up with everything else: what has arrived meanwhile is read first. */
const HELD_UP_MS = 1_000;
/** As long as that may take. */
const READ_FIRST_MS = 250;
/** A suspicion is over when none came for so long. */
const SUSPICION_MS = 10_000;

/** Of one connection: whether the gateway is there, and how far behind it what comes is. Pings tell both, by one clock. */
export class Heartbeat {
  readonly #pongTimeoutMs: number;
  /** Without an answer so far, oldest first. */
  #pings: number[] = [];
  #pingedAt = -Infinity;
  #heardAt = 0;
  /** There and back, the last time. */
  #tripMs = 0;
  /** Somebody doubts, whatever was heard. */
  #doubtedFrom = Infinity;
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

  /** Whether the connection counts as lost now. A page that was frozen, or a program that was busy, looks again in a moment. */
  isLost(now: number): boolean {
    if (now < this.#lostAt) return false;
    if (now - this.#lostAt < HELD_UP_MS) return true;
    this.#lostAt = now + READ_FIRST_MS;
    return false;
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
    this.#tripMs = 0;
    this.#doubtedFrom = this.#lostAt = Infinity;
    this.#isLate = this.#isSuspected = false;
    this.#suspectedAt = -Infinity;
  }

  /** When to ask whether the gateway is there: after silence, or because somebody doubts it. */
  askAt(silenceMs: number): number {
    return this.#lostAt === Infinity ? Math.min(this.#heardAt + silenceMs, this.#doubtedFrom) : Infinity;
  }

  /** When to ask how late everything is. */
  get measureAt(): number {
    return (this.#isLate || this.#isSuspected) && this.#pings.length === 0 ? this.#pingedAt + ASK_AGAIN_MS : Infinity;
  }

  /** Something has changed: what was heard before says nothing any more. It is asked anew, though not at every word. */
  doubt(now: number): void {
    this.#doubtedFrom = Math.max(now, this.#pingedAt + PING_QUIET_MS);
  }

  pinged(now: number): void {
    this.#pings.push(now);
    this.#pingedAt = now;
  }

  /** Without an answer in time the gateway is not there. Where everything is late, so is the answer. */
  asked(now: number): void {
    this.pinged(now);
    this.#doubtedFrom = Infinity;
    this.#lostAt = now + this.#pongTimeoutMs + this.#tripMs;
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
    this.#tripMs = now - sentAt;
    this.#isLate = this.#tripMs >= LATE_MS;
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
