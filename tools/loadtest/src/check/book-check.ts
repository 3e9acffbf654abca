import { type Faults, NO_FAULTS } from './faults.ts';
import { MissingRanges } from './missing-ranges.ts';

/** What places a `snapshot` in a book's order. */
export interface SnapshotPlace {
  readonly epoch: string;
  readonly seq: number;
}

/** What places a `delta`: `prev` is the `seq` of the frame of the class before it. */
export interface DeltaPlace {
  readonly prev: number;
  readonly seq: number;
}

/** Frames of a class that are remembered, to tell one that comes again from one that comes late. */
const MAX_RECENT = 64;

/**
 * What one watcher was sent of one class of a book, held against docs/PROTOCOL.md §5.3. A class may skip numbers of the base
 * feed, so what is lost is counted in holes: each is one frame or more.
 */
export class BookCheck {
  #epoch: string | undefined;
  #last = 0;
  #recent: number[] = [];
  #missing = new MissingRanges();
  #lost = 0;
  #repeated = 0;
  #inverted = 0;

  snapshot({ epoch, seq }: SnapshotPlace): void {
    if (epoch === this.#epoch && seq < this.#last) {
      this.#inverted++;
      return;
    }
    this.#lost += this.#missing.holes;
    this.#missing = new MissingRanges();
    this.#epoch = epoch;
    this.#recent = [];
    this.#advance(seq);
  }

  delta({ prev, seq }: DeltaPlace): void {
    if (this.#epoch === undefined) {
      this.#inverted++;
    } else if (seq > this.#last) {
      if (prev !== this.#last) this.#skip(prev);
      this.#advance(seq);
    } else if (this.#recent.includes(seq)) {
      this.#repeated++;
    } else {
      this.#missing.close(seq);
      this.#inverted++;
    }
  }

  /** A heartbeat names the last frame of the class: another one than the watcher's means that it missed some. */
  heartbeat(seq: number): void {
    if (this.#epoch === undefined || seq <= this.#last) return;
    this.#skip(seq);
    this.#last = seq;
  }

  get faults(): Faults {
    return {
      ...NO_FAULTS,
      lost: this.#lost + this.#missing.holes,
      repeated: this.#repeated,
      inverted: this.#inverted,
    };
  }

  /** A `prev` below what the watcher holds is no less a break: the delta builds on another frame. */
  #skip(prev: number): void {
    this.#missing.add(Math.min(prev, this.#last + 1), Math.max(prev, this.#last + 1));
  }

  #advance(seq: number): void {
    this.#last = seq;
    this.#recent.push(seq);
    if (this.#recent.length > MAX_RECENT) this.#recent.shift();
  }
}
