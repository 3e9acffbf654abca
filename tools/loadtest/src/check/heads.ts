import type { Position } from '@outcry/protocol';

import { roomAndEpoch } from './claims.ts';

/** The last acknowledged position of each room and epoch, as plain data. */
export type HeadEntries = readonly (readonly [roomAndEpoch: string, seq: number])[];

/** How far each room has come, by the acknowledgements of its publishers: whoever stayed has to get that far. */
export class Heads {
  readonly #seqs: Map<string, number>;

  constructor(entries: HeadEntries = []) {
    this.#seqs = new Map(entries);
  }

  get entries(): HeadEntries {
    return [...this.#seqs];
  }

  note(room: string, { epoch, seq }: Position): void {
    this.#raise(roomAndEpoch(room, epoch), seq);
  }

  merge(entries: HeadEntries): void {
    for (const [key, seq] of entries) this.#raise(key, seq);
  }

  /** Undefined where nothing was acknowledged in this epoch. */
  of(room: string, epoch: string): Position | undefined {
    const seq = this.#seqs.get(roomAndEpoch(room, epoch));
    return seq === undefined ? undefined : { epoch, seq };
  }

  #raise(key: string, seq: number): void {
    this.#seqs.set(key, Math.max(seq, this.#seqs.get(key) ?? 0));
  }
}
