import type { Lease, LeaseGrant, LeaseNote, LeaseRefusal } from '@outcry/broker';

import { unlessFaulty } from './unless-faulty.ts';

export interface LeaseRequest {
  readonly name: string;
  readonly leaseMs: number;
  /** The highest fence that what it protects has seen. */
  readonly above?: number;
}

/** A lease that was had, and when it was asked for. */
export interface TakenLease {
  readonly grant: LeaseGrant;
  /** Monotonic. */
  readonly askedAt: number;
}

/**
 * Tries to get a lease. Undefined where nobody could be asked, and where the answer came when the lease was over, or about to be: then it
 * is given back, so that whoever comes next need not wait for its end.
 */
export async function takeLease(
  lease: Lease,
  { name, leaseMs, above }: LeaseRequest,
): Promise<TakenLease | LeaseRefusal | undefined> {
  const askedAt = performance.now();
  const answer = await unlessFaulty(lease.acquire(name, leaseMs, above));
  if (answer === undefined || 'heldForMs' in answer) return answer;
  if (performance.now() - askedAt < leaseMs) return { grant: answer, askedAt };
  await unlessFaulty(lease.release(answer));
  return undefined;
}

/**
 * A lease while it is held. It is counted on for no longer than since before the last renewal that succeeded was asked for, by a clock
 * that no time server moves.
 */
export class HeldLease {
  readonly grant: LeaseGrant;
  /** Unix milliseconds. */
  readonly since = Date.now();
  readonly #lease: Lease;
  readonly #onLost: (reason: string) => void;
  #deadline: NodeJS.Timeout | undefined;
  #isOver = false;

  /** @param onLost it is another's, or may be. Called once at most, and not behind `end`. */
  constructor(lease: Lease, { grant, askedAt }: TakenLease, onLost: (reason: string) => void) {
    this.grant = grant;
    this.#lease = lease;
    this.#onLost = onLost;
    this.#countOn(askedAt);
  }

  async renew(note: Omit<LeaseNote, 'since'>): Promise<void> {
    const askedAt = performance.now();
    const isHeld = await unlessFaulty(this.#lease.renew(this.grant, { ...note, since: this.since }));
    if (isHeld === true) this.#countOn(askedAt);
    if (isHeld === false) this.#lose('the lease is not held any more');
  }

  /** It is counted on no more. */
  end(): void {
    this.#isOver = true;
    clearTimeout(this.#deadline);
  }

  /** Where it cannot be given back, it ends with its time. */
  async release(): Promise<void> {
    this.end();
    await unlessFaulty(this.#lease.release(this.grant));
  }

  #countOn(since: number): void {
    if (this.#isOver) return;
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(
      () => {
        this.#lose('the lease could not be renewed');
      },
      since + this.grant.leaseMs - performance.now(),
    );
  }

  #lose(reason: string): void {
    if (this.#isOver) return;
    this.end();
    this.#onLost(reason);
  }
}
