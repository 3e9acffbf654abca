import type { RoomMessage, StoredPage } from '@outcry/broker';
import type { Position } from '@outcry/protocol';

import { type Gap, GapReason } from '../store/archive-store.ts';

export interface Judgement {
  readonly messages: readonly RoomMessage[];
  readonly gaps: readonly Gap[];
  /** Up to where the room is archived with them; undefined where that is as it was. */
  readonly cursor: Position | undefined;
}

const NOTHING: Judgement = { messages: [], gaps: [], cursor: undefined };

/**
 * What a page of a stream adds to an archive that has the room up to a cursor, and what can never be added.
 *
 * @param page Undefined where the room has no numbering any more.
 */
export function judgePage(room: string, cursor: Position | undefined, page: StoredPage | undefined): Judgement {
  if (page === undefined) return cursor === undefined ? NOTHING : { ...NOTHING, gaps: [endOf(room, cursor)] };
  const { head, messages } = page;
  const known = knownUpTo(cursor, page);
  const first = messages[0]?.position.seq ?? head.seq + 1;
  const isSame = cursor?.epoch === head.epoch;
  const gaps = isSame ? [] : endsOf(room, cursor, page);
  gaps.push(...trimmedOf(room, page, { first: known + 1, last: first - 1 }));
  const seq = messages.at(-1)?.position.seq ?? head.seq;
  // A numbering that has lost its newest messages goes on in another epoch, or not at all.
  if (isSame && seq <= cursor.seq) return NOTHING;
  return { messages, gaps, cursor: { epoch: head.epoch, seq } };
}

/** Up to which number of the head's epoch the archive has what there was: those of an earlier one that it went on from are the same. */
function knownUpTo(cursor: Position | undefined, { head, ended }: StoredPage): number {
  if (cursor === undefined) return 0;
  if (cursor.epoch === head.epoch) return cursor.seq;
  return Math.min(cursor.seq, ended.get(cursor.epoch) ?? 0);
}

/** What each numbering may have had behind its end, from the cursor's on; of earlier ones that was said. */
function endsOf(room: string, cursor: Position | undefined, { ended }: StoredPage): Gap[] {
  const gaps: Gap[] = [];
  // The last to end comes first.
  for (const [epoch, seq] of ended) {
    if (epoch === cursor?.epoch) break;
    gaps.unshift(endOf(room, { epoch, seq }));
  }
  if (cursor === undefined) return gaps;
  // What is not archived of it, up to where the next one went on, is stored: it is in this page, or one behind it, or was trimmed.
  const seq = Math.max(cursor.seq, ended.get(cursor.epoch) ?? 0);
  return [endOf(room, { ...cursor, seq }), ...gaps];
}

/** Numbers that are not stored any more, each under the epoch in which it was given. */
function trimmedOf(room: string, { head, ended }: StoredPage, { first, last }: Pick<Gap, 'first' | 'last'>): Gap[] {
  const gaps: Gap[] = [];
  let from = first;
  for (const [epoch, end] of [...[...ended].reverse(), [head.epoch, Infinity] as const]) {
    const to = Math.min(end, last ?? Infinity);
    if (from <= to) gaps.push({ room, epoch, first: from, last: to, reason: GapReason.Trimmed });
    from = Math.max(from, end + 1);
  }
  return gaps;
}

function endOf(room: string, { epoch, seq }: Position): Gap {
  return { room, epoch, first: seq + 1, last: null, reason: GapReason.Epoch };
}
