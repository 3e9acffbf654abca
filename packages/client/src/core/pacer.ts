import type { ReceivedFrame } from '@outcry/protocol';

type Welcome = Extract<ReceivedFrame, { type: 'welcome' }>;

/** What is left to what comes closer together on its way than it was sent. */
const SHARE = 0.9;
/** What gateways take that do not say it. */
const DEFAULT_FRAMES_PER_SECOND = 45;

/** How much may be done: so much a second on average, and so much at once. */
interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** A token bucket; without a rate it never ends. */
export class Bucket {
  #rate: Rate | undefined;
  #tokens = 0;
  #filledAt = 0;

  /** Full, at this rate from now on. */
  fill(rate: Rate | undefined, now: number): void {
    this.#rate = rate;
    this.#tokens = rate?.burst ?? 0;
    this.#filledAt = now;
  }

  hasAny(now: number): boolean {
    if (this.#rate === undefined) return true;
    const { perSecond, burst } = this.#rate;
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#filledAt) * perSecond) / 1000);
    this.#filledAt = now;
    return this.#tokens >= 1;
  }

  /** More than there is can be taken while there is any: that is paid back before the next. */
  take(count: number): void {
    this.#tokens -= count;
  }

  /** When there is some again, after `hasAny` has said no. */
  get readyAt(): number {
    if (this.#rate === undefined) return -Infinity;
    return this.#filledAt + Math.max(1, Math.ceil(((1 - this.#tokens) * 1000) / this.#rate.perSecond));
  }
}

/** Keeps a client to the rates of its gateway, so that rooms that resume together, or many signals, are not refused. */
export class Pacer {
  readonly #framesPerSecond: number | undefined;
  readonly #frames = new Bucket();
  readonly #bytes = new Bucket();
  readonly joins = new Bucket();
  readonly signals = new Bucket();
  readonly calls = new Bucket();

  /** Frames a second, and twice as many at once, where the gateway takes no fewer; undefined is what it takes, 0 limits nothing. */
  constructor(framesPerSecond: number | undefined) {
    this.#framesPerSecond = framesPerSecond;
  }

  /** A new connection begins with full buckets. */
  begin(welcome: Welcome, now: number): void {
    const isFree = this.#framesPerSecond === 0;
    const told = (perSecond: number | undefined, burst: number | undefined): Rate | undefined =>
      isFree ? undefined : shareOf(perSecond, burst);
    const isTold = welcome.maxFramesPerSecond !== undefined;
    const own = isFree ? undefined : (this.#framesPerSecond ?? (isTold ? undefined : DEFAULT_FRAMES_PER_SECOND));
    const wanted = own === undefined ? undefined : { perSecond: own, burst: own * 2 };
    this.#frames.fill(lesser(wanted, told(welcome.maxFramesPerSecond, welcome.maxFrameBurst)), now);
    this.#bytes.fill(told(welcome.maxBytesPerSecond, welcome.maxByteBurst), now);
    this.joins.fill(told(welcome.maxJoinsPerSecond, welcome.maxJoinBurst), now);
    this.signals.fill(told(welcome.maxSignalsPerSecond, welcome.maxSignalBurst), now);
    this.calls.fill(told(welcome.maxCallsPerSecond, welcome.maxCallBurst), now);
  }

  canSend(now: number): boolean {
    // Both are looked at, for `readyAt` speaks of both.
    const hasBytes = this.#bytes.hasAny(now);
    return this.#frames.hasAny(now) && hasBytes;
  }

  sent(bytes: number): void {
    this.#frames.take(1);
    this.#bytes.take(bytes);
  }

  /** When the next frame may go, after `canSend` has said no. */
  get readyAt(): number {
    return Math.max(this.#frames.readyAt, this.#bytes.readyAt);
  }
}

function shareOf(perSecond: number | undefined, burst: number | undefined): Rate | undefined {
  if (perSecond === undefined || perSecond === 0 || burst === undefined) return undefined;
  return { perSecond: perSecond * SHARE, burst: Math.max(1, burst * SHARE) };
}

function lesser(one: Rate | undefined, other: Rate | undefined): Rate | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return { perSecond: Math.min(one.perSecond, other.perSecond), burst: Math.min(one.burst, other.burst) };
}
