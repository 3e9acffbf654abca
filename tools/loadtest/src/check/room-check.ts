import type { Position } from '@outcry/protocol';

import { type Faults, NO_FAULTS } from './faults.ts';
import { MissingRanges } from './missing-ranges.ts';

/** What one member was sent of one room, held against docs/PROTOCOL.md §6: one order, no hole, nothing twice. */
export class RoomCheck {
  #position: Position | undefined;
  #missing = new MissingRanges();
  #lost = 0;
  #repeated = 0;
  #inverted = 0;
  #gaps = 0;
  readonly #brokenEpochs = new Set<string>();

  /** Where the member stands; what to resume from. Undefined before the first `joined`. */
  get position(): Position | undefined {
    return this.#position;
  }

  /** Those in which a gap was announced, or that began with one. */
  get brokenEpochs(): ReadonlySet<string> {
    return this.#brokenEpochs;
  }

  /** Takes a `joined`. `isResume` says that the request had `since`. */
  joined({ epoch, seq, recovered }: Position & { readonly recovered: boolean }, isResume: boolean): void {
    if (recovered && this.#position?.epoch === epoch) {
      this.#advance({ epoch, seq });
      return;
    }
    if (isResume) this.#break(epoch);
    this.#begin({ epoch, seq });
  }

  /** Takes a `reset`. One that is recovered gives the place where the member stands another name. */
  reset({ epoch, seq, recovered = false }: Position & { readonly recovered?: boolean | undefined }): void {
    if (recovered) {
      this.#advance({ epoch, seq });
      return;
    }
    this.#break(epoch);
    this.#begin({ epoch, seq });
  }

  /** Takes a `message`, by its number. */
  message(seq: number): void {
    const position = this.#position;
    if (position === undefined) {
      this.#inverted++;
    } else if (seq === position.seq + 1) {
      this.#position = { epoch: position.epoch, seq };
    } else if (seq > position.seq) {
      this.#missing.add(position.seq + 1, seq - 1);
      this.#position = { epoch: position.epoch, seq };
    } else if (this.#missing.fill(seq)) {
      this.#inverted++;
    } else {
      this.#repeated++;
    }
  }

  /** Whether the member has everything up to an acknowledged position. One of another epoch cannot be compared. */
  hasReached(head: Position | undefined): boolean {
    if (head === undefined || this.#position?.epoch !== head.epoch) return true;
    return this.#position.seq >= head.seq && this.#missing.size === 0;
  }

  /** The faults so far; what is missing below `head` counts as lost. */
  faults(head?: Position): Faults {
    const position = this.#position;
    const tail = head !== undefined && position?.epoch === head.epoch ? Math.max(0, head.seq - position.seq) : 0;
    return {
      ...NO_FAULTS,
      lost: this.#lost + this.#missing.size + tail,
      repeated: this.#repeated,
      inverted: this.#inverted,
      gaps: this.#gaps,
    };
  }

  /** A recovered join goes on where the member stands: anything else would be a hole or a repetition. */
  #advance(at: Position): void {
    const held = this.#position?.seq ?? at.seq;
    if (at.seq > held) this.#missing.add(held + 1, at.seq);
    this.#position = { epoch: at.epoch, seq: Math.max(at.seq, held) };
  }

  #break(epoch: string): void {
    this.#gaps++;
    if (this.#position !== undefined) this.#brokenEpochs.add(this.#position.epoch);
    this.#brokenEpochs.add(epoch);
  }

  #begin(at: Position): void {
    this.#lost += this.#missing.size;
    this.#missing = new MissingRanges();
    this.#position = at;
  }
}
