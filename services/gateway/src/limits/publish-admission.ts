/** How long a publish that is let in may wait for those before it. */
const BOUND_MS = 100;
/** Over which answers are counted. At least twice the bound: else a burst of late answers would let in a greater one. */
const WINDOW_MS = 250;
/** Windows that are looked back on: what the best of them did, can be done. */
const WINDOWS = 8;
/** What a gateway is trusted with that was never seen at its limit, in answers for each millisecond: what the smallest can do. */
const UNTRIED_PER_MS = 10;
/** May be with the broker, or with one part of it, however slow that is: nobody is refused because of a few. */
const MIN_IN_FLIGHT = 64;

/** What the broker keeps in one place, which can be away while the rest of it is not. */
interface Part {
  open: number;
  /** In this window. */
  answered: number;
  wasOpen: boolean;
  /** Nothing of it has been answered for a window in which something of others was. */
  isSilent: boolean;
}

/**
 * Lets in what can be answered in time, and refuses the rest at the door, where that costs least.
 *
 * There may be as many publishes without an answer as have been answered lately in the time that one may wait. It does not matter what is
 * slow: where it is this loop, what it has read and sent waits for answers that it has not read yet. A window in which there was a moment
 * without any open publish says nothing of what could be done, so it counts as one of a gateway that can do what the smallest can.
 *
 * One server of several may be silent: what waits for it says nothing of what the others can do, so it stands apart, and is bounded by
 * itself.
 */
export class PublishAdmission {
  readonly #now: () => number;
  readonly #rates: number[] = [UNTRIED_PER_MS];
  #windowStart: number;
  #answered = 0;
  #wasIdle = true;
  #inFlight = 0;
  readonly #parts = new Map<number, Part>();
  /** Of those in flight, which are with parts that are silent. */
  #silent = 0;
  #max = UNTRIED_PER_MS * BOUND_MS;

  /** @param now The monotonic clock, in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#windowStart = now();
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** How many there may be. */
  get maxInFlight(): number {
    return this.#max;
  }

  /** Whether one more is to be refused. */
  get isFull(): boolean {
    return this.#inFlight - this.#silent >= this.#max;
  }

  /** Whether one more for a part is to be refused, though it has been let in. */
  isFullOf(part: number): boolean {
    const { isSilent, open } = this.#at(part);
    return isSilent && open >= MIN_IN_FLIGHT;
  }

  /** One more; `leave` has to follow, once it has been answered. */
  enter(part = 0): void {
    const own = this.#at(part);
    own.open += 1;
    this.#inFlight += 1;
    if (own.isSilent) this.#silent += 1;
  }

  /** @param isAnswered Whether the broker has done it; else it says nothing of what can be done. */
  leave(isAnswered: boolean, part = 0): void {
    const own = this.#at(part);
    own.open -= 1;
    this.#inFlight -= 1;
    if (own.isSilent) this.#silent -= 1;
    if (isAnswered) this.#count(own);
    if (this.#inFlight === this.#silent) this.#wasIdle = true;
    const elapsedMs = this.#now() - this.#windowStart;
    if (elapsedMs >= WINDOW_MS) this.#endWindow(elapsedMs);
  }

  #at(part: number): Part {
    const known = this.#parts.get(part);
    if (known !== undefined) return known;
    const own = { open: 0, answered: 0, wasOpen: false, isSilent: false };
    this.#parts.set(part, own);
    return own;
  }

  #count(part: Part): void {
    this.#answered += 1;
    part.answered += 1;
    if (!part.isSilent) return;
    part.isSilent = false;
    this.#silent -= part.open;
  }

  /** Where nothing at all is answered, nobody stands apart: then all of it is what can be done. */
  #sortParts(): void {
    this.#silent = 0;
    for (const part of this.#parts.values()) {
      part.isSilent = this.#answered > 0 && part.wasOpen && part.open > 0 && part.answered === 0;
      if (part.isSilent) this.#silent += part.open;
      part.wasOpen = part.open > 0;
      part.answered = 0;
    }
  }

  #endWindow(elapsedMs: number): void {
    this.#sortParts();
    const perMs = this.#answered / elapsedMs;
    this.#rates.push(this.#wasIdle ? Math.max(perMs, UNTRIED_PER_MS) : perMs);
    if (this.#rates.length > WINDOWS) this.#rates.shift();
    this.#max = Math.max(MIN_IN_FLIGHT, Math.floor(Math.max(...this.#rates) * BOUND_MS));
    this.#windowStart += elapsedMs;
    this.#answered = 0;
    this.#wasIdle = this.#inFlight === this.#silent;
  }
}
