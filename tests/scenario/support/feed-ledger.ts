import type { FeedDelta, FeedHandler, FeedPulse, FeedSnapshot } from '@outcry/broker';

/** Every frame of a symbol's base feed that got through, and what is wrong with their order. */
export class FeedLedger implements FeedHandler {
  frames = 0;
  /** Frames of an epoch that another had followed already: those of a leader that was one no more. */
  interleaved = 0;
  /** Deltas whose `prev` is not the `seq` before them, and snapshots of another position. */
  broken = 0;
  /** In order, with when the first frame of each came (Unix milliseconds). */
  readonly epochs: { readonly epoch: string; readonly at: number }[] = [];
  #seq = 0;

  get epoch(): string | undefined {
    return this.epochs.at(-1)?.epoch;
  }

  handleSnapshot({ epoch, seq }: FeedSnapshot): void {
    if (this.#begin(epoch)) this.#seq = seq;
    else if (seq !== this.#seq) this.broken += 1;
  }

  handleDelta({ epoch, prev, seq }: FeedDelta): void {
    // What came before anybody listened says nothing.
    if (this.epoch === undefined) return;
    if (this.#begin(epoch) || prev !== this.#seq || seq !== prev + 1) this.broken += 1;
    this.#seq = seq;
  }

  handlePulse({ epoch, seq }: FeedPulse): void {
    if (this.epoch === undefined) return;
    if (this.#begin(epoch) || seq !== this.#seq) this.broken += 1;
  }

  /** Whether the frame is the first of its epoch. */
  #begin(epoch: string): boolean {
    this.frames += 1;
    if (epoch === this.epoch) return false;
    if (this.epochs.some((known) => known.epoch === epoch)) this.interleaved += 1;
    this.epochs.push({ epoch, at: Date.now() });
    return true;
  }
}
