import { OutcryError } from '@outcry/broker';

import { DepthAlignment } from '../binance/depth-alignment.ts';
import { decodeDepthFrame, type DepthSnapshot, type DepthUpdate } from '../binance/depth-frames.ts';
import { toBookEvent } from '../binance/to-book-event.ts';
import { type BookEvent, BookEventKind, type Scales } from '../book-source.ts';
import type { RecordedLine } from './recorded-lines.ts';
import { withLine } from './with-line.ts';

type RecordedUpdate = DepthUpdate & { readonly line: RecordedLine['number'] };

/** One pass over a recording: takes its lines in order and gives the events of a book that is aligned by the venue's rules. */
export class RecordedBook {
  readonly #scales: Scales;
  readonly #alignment = new DepthAlignment<RecordedUpdate>();

  constructor(scales: Scales) {
    this.#scales = scales;
  }

  /**
   * What the line adds: nothing for most, several events for the snapshot's, because those that waited for it follow it.
   *
   * @throws OutcryError `badFeed`, naming the line, where the line is malformed or the depth stream has a gap
   */
  read(line: RecordedLine): readonly BookEvent[] {
    const frame = withLine(line, () => decodeDepthFrame(line.json));
    if (frame === undefined) return [];
    if (frame.type === 'snapshot') return this.#align(frame, line);
    return this.#apply({ ...frame, line: line.number });
  }

  /** @throws OutcryError `badFeed` where the pass had no snapshot, so no events either */
  finish(): void {
    if (!this.#alignment.hasSnapshot) throw new OutcryError('badFeed', 'there is no depth snapshot in it');
  }

  #align(snapshot: DepthSnapshot, line: RecordedLine): BookEvent[] {
    const waiting = withLine(line, () => this.#alignment.acceptSnapshot(snapshot));
    // Spot's snapshot has no time of its own. The receiver's clock may be a second off the venue's, the stream is not.
    const streamAt = waiting.findLast((update) => update.lastId <= snapshot.lastId)?.at;
    const at = snapshot.at ?? streamAt ?? Math.floor(line.receivedAt);
    const first = withLine(line, () => toBookEvent(BookEventKind.Snapshot, { ...snapshot, at }, this.#scales));
    return [first, ...waiting.flatMap((update) => this.#apply(update))];
  }

  #apply(update: RecordedUpdate): BookEvent[] {
    return withLine({ number: update.line }, () =>
      this.#alignment.acceptUpdate(update) ? [toBookEvent(BookEventKind.Delta, update, this.#scales)] : [],
    );
  }
}
