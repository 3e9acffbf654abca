import type { Claim, RoomClaims } from './claims.ts';
import { type Faults, NO_FAULTS } from './faults.ts';
import { RecentMap } from './recent-map.ts';

/** Older ones are not compared any more, which a warning of the run says. */
export const MAX_COMPARED = 1_000_000;

/**
 * What all workers say of what stands where, held against each other: each number has one message, each message one number,
 * and what was acknowledged came, under the number that was told. Within an epoch: a new one begins where numbers were lost.
 */
export class Ledger {
  readonly #messages: RecentMap<string, number>;
  readonly #seqs: RecentMap<string, number>;
  /** Acknowledged messages that nobody has been sent yet, with their numbers, by room and epoch. */
  readonly #awaited = new Map<string, Map<number, number>>();
  readonly #maxAwaited: number;
  /** Messages that are not awaited any more, because so many others came to be meanwhile. */
  #undelivered = 0;
  #doubled = 0;
  #conflicting = 0;

  constructor(maxCompared: number = MAX_COMPARED) {
    this.#messages = new RecentMap(maxCompared);
    this.#seqs = new RecentMap(maxCompared);
    this.#maxAwaited = maxCompared;
  }

  /** How many messages were too long ago to be compared. */
  get forgotten(): number {
    return this.#seqs.dropped;
  }

  take(claims: readonly RoomClaims[]): void {
    for (const { key, delivered, acknowledged } of claims) {
      for (const claim of delivered) this.#deliver(key, claim);
      for (const claim of acknowledged) this.#acknowledge(key, claim);
    }
  }

  /** What was found, at the end. In the broken rooms and epochs a gap was announced, so what is missing there was told. */
  faults(broken: ReadonlySet<string>): Faults {
    const whole = [...this.#awaited].filter(([key]) => !broken.has(key));
    const undelivered = whole.reduce((sum, [, messages]) => sum + messages.size, this.#undelivered);
    return { ...NO_FAULTS, doubled: this.#doubled, conflicting: this.#conflicting, undelivered };
  }

  #deliver(key: string, [seq, message]: Claim): void {
    const place = `${key} ${String(seq)}`;
    const standing = this.#messages.get(place);
    if (standing === undefined) this.#messages.set(place, message);
    else if (standing !== message) this.#conflicting++;

    const name = `${key} ${String(message)}`;
    const known = this.#seqs.get(name);
    if (known === undefined) this.#seqs.set(name, seq);
    else if (known !== seq) this.#doubled++;

    const awaited = this.#awaited.get(key);
    const told = awaited?.get(message);
    if (told === undefined) return;
    if (told !== seq) this.#conflicting++;
    awaited?.delete(message);
  }

  #acknowledge(key: string, [seq, message]: Claim): void {
    const known = this.#seqs.get(`${key} ${String(message)}`);
    if (known !== undefined) {
      if (known !== seq) this.#conflicting++;
      return;
    }
    const awaited = this.#awaited.get(key) ?? new Map<number, number>();
    this.#awaited.set(key, awaited.set(message, seq));
    const [oldest] = awaited.keys();
    if (awaited.size <= this.#maxAwaited || oldest === undefined) return;
    awaited.delete(oldest);
    this.#undelivered++;
  }
}
