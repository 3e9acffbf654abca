import type { LoggedPosition, LoggedPublish } from './message-history.ts';
import { NumberList } from './number-list.ts';

const ACKNOWLEDGED = 1;
const DELIVERED = 2;
const LOST = 4;

/** What is known of the messages of one epoch of a room, by `seq`. */
export class EpochLedger {
  readonly #hashes = new NumberList();
  readonly #flags = new NumberList();
  readonly #seqs = new Map<number, number>();
  #acknowledgedHead = 0;

  /** The greatest acknowledged `seq`. */
  get acknowledgedHead(): number {
    return this.#acknowledgedHead;
  }

  /** The hash of what stands at the position; 0 where nothing is known to. */
  hashAt(seq: number): number {
    return this.#hashes.at(seq);
  }

  /** The other position at which the same payload stands, if there is one. */
  store(seq: number, hash: number): number | undefined {
    this.#hashes.set(seq, hash);
    const known = this.#seqs.get(hash);
    if (known === undefined) this.#seqs.set(hash, seq);
    return known === seq ? undefined : known;
  }

  acknowledge(seq: number): void {
    this.#mark(seq, ACKNOWLEDGED);
    this.#acknowledgedHead = Math.max(this.#acknowledgedHead, seq);
  }

  deliver(seq: number): void {
    this.#mark(seq, DELIVERED);
  }

  lose(seq: number): void {
    this.#mark(seq, LOST);
  }

  isAcknowledged(seq: number): boolean {
    return (this.#flags.at(seq) & ACKNOWLEDGED) !== 0;
  }

  /** Whether anybody got that message as that `seq`. */
  hasDelivered(seq: number, hash: number): boolean {
    return this.hashAt(seq) === hash && (this.#flags.at(seq) & DELIVERED) !== 0;
  }

  /** Acknowledged, delivered to nobody in this epoch, and missed by nobody. */
  *unseen(): Generator<number> {
    for (let seq = 1; seq <= this.#acknowledgedHead; seq++) {
      if (this.#flags.at(seq) === ACKNOWLEDGED) yield seq;
    }
  }

  #mark(seq: number, flag: number): void {
    this.#flags.set(seq, this.#flags.at(seq) | flag);
  }
}

/** What is known of the messages of one room. */
export class RoomLedger {
  readonly #epochs = new Map<string, EpochLedger>();
  readonly #published = new Set<number>();
  #newestEpoch: string | undefined;

  /** The epoch of the last acknowledgement; undefined where there was none. */
  get newestEpoch(): string | undefined {
    return this.#newestEpoch;
  }

  get epochs(): ReadonlyMap<string, EpochLedger> {
    return this.#epochs;
  }

  epoch(name: string): EpochLedger {
    const known = this.#epochs.get(name);
    if (known !== undefined) return known;
    const ledger = new EpochLedger();
    this.#epochs.set(name, ledger);
    return ledger;
  }

  /** Whether somebody may have published it: what was refused for good must not appear. */
  mayHold(hash: number): boolean {
    return this.#published.has(hash);
  }

  published({ hash, outcome }: LoggedPublish): void {
    if (outcome.kind !== 'failed') this.#published.add(hash);
    if (outcome.kind === 'ok') this.#newestEpoch = outcome.epoch;
  }
}

/** For messages of a report. */
export function showPosition({ epoch, seq }: LoggedPosition): string {
  return `${epoch}:${String(seq)}`;
}
