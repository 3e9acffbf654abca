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
  const gaps: Gap[] = isSame || cursor === undefined ? [] : [endOf(room, cursor)];
  if (first > known + 1) {
    gaps.push({ room, epoch: head.epoch, first: known + 1, last: first - 1, reason: GapReason.Trimmed });
  }
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

function endOf(room: string, { epoch, seq }: Position): Gap {
  return { room, epoch, first: seq + 1, last: null, reason: GapReason.Epoch };
}
