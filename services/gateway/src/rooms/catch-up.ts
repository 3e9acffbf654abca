import {
  type Broker,
  type HistoryRange,
  OutcryError,
  type Retention,
  type RoomHistory,
  type RoomMessage,
} from '@outcry/broker';
import type { Position } from '@outcry/protocol';

import type { Room } from './room.ts';

export interface CatchUpRequest {
  readonly since: Position | undefined;
  /** Newest messages to replay where `since` is absent or does not recover. */
  readonly history: number;
}

/** What a joining member gets before it goes live: a position, and every message between there and the room's own. */
export interface CatchUp {
  /** The first message that follows has `from.seq` + 1. */
  readonly from: Position;
  readonly messages: readonly RoomMessage[];
  readonly isRecovered: boolean;
  /** The broker no longer has all that the client has been told of, and gives its numbers to others. */
  readonly isRolledBack: boolean;
}

export interface HistorySource {
  readonly broker: Broker;
  readonly retention: Retention;
}

const MAX_ATTEMPTS = 3;
const REACH_TIMEOUT_MS = 2000;

/**
 * Reads what a member missed, up to the very position of the room's relay: the caller sends it and adds the member in the
 * same turn, so that nothing can come between. History is read from the broker; what the room relays meanwhile is taken
 * from its tail.
 *
 * @throws OutcryError `unavailable` where the broker does not answer, or the room is too fast to be caught up with
 */
export async function catchUp(room: Room, request: CatchUpRequest, source: HistorySource): Promise<CatchUp> {
  const { since, history } = request;
  // Nothing is read, so nothing can come meanwhile.
  if (since === undefined && history === 0) return startHere(room);
  room.tail.open();
  try {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const missed = since?.epoch === positionOf(room).epoch ? await resume(room, since, source) : 'lost';
      if (typeof missed === 'object') return missed;
      if (missed === 'broken') continue;
      // It has seen all that there is.
      if (missed === 'rolledBack') return { ...startHere(room), isRolledBack: true };
      const fresh = await startAfresh(room, history, source);
      if (fresh !== 'broken') return fresh;
    }
    throw new OutcryError('unavailable', 'the room moves too fast to be joined; try again');
  } finally {
    room.tail.close();
  }
}

/**
 * Everything behind `since`, or `lost` where not everything is there: partial recovery does not exist. `rolledBack` where the
 * broker is not there yet: a client is told of nothing that has no number.
 */
async function resume(
  room: Room,
  since: Position,
  source: HistorySource,
): Promise<CatchUp | 'lost' | 'rolledBack' | 'broken'> {
  const limit = source.retention.count;
  const stored = await readSound(room, { after: since.seq, limit }, source);
  if (stored === 'broken') return 'broken';
  if (since.seq > stored.head.seq) return 'rolledBack';
  // A client may have been told more by a faster gateway than this one has relayed yet: it is on its way here.
  if (positionOf(room).seq < since.seq) await room.tail.whenRelayed(since.seq, REACH_TIMEOUT_MS);
  if (positionOf(room).epoch !== since.epoch) return 'broken';
  const messages = upToRelay(room, stored, since.seq);
  const missing = positionOf(room).seq - since.seq;
  if (messages.length !== missing || (missing > 0 && messages[0]?.position.seq !== since.seq + 1)) return 'lost';
  return { from: since, messages, isRecovered: true, isRolledBack: false };
}

/** The newest messages, and the room's position where there are none. */
async function startAfresh(room: Room, history: number, source: HistorySource): Promise<CatchUp | 'broken'> {
  if (history === 0) return startHere(room);
  const stored = await readSound(room, { limit: Math.min(history, source.retention.count) }, source);
  if (stored === 'broken') return 'broken';
  const messages = upToRelay(room, stored, 0).slice(-history);
  const { epoch, seq } = positionOf(room);
  const first = messages[0];
  const from = { epoch, seq: first === undefined ? seq : first.position.seq - 1 };
  return { from, messages, isRecovered: false, isRolledBack: false };
}

function startHere(room: Room): CatchUp {
  return { from: positionOf(room), messages: [], isRecovered: false, isRolledBack: false };
}

/** `broken` where continuity broke while the broker was being asked, or the tail could not hold what came meanwhile. */
export async function readSound(
  room: Room,
  range: HistoryRange,
  { broker, retention }: HistorySource,
): Promise<RoomHistory | 'broken'> {
  const breaks = room.tail.breaks;
  const stored = await broker.readHistory(room.name, range, retention);
  const isSound = room.tail.breaks === breaks && !room.tail.isCut && stored.head.epoch === positionOf(room).epoch;
  return isSound ? stored : 'broken';
}

/** History behind `after`, cut at or continued to the room's own position: what is newer than that will come live. */
export function upToRelay(room: Room, stored: RoomHistory, after: number): readonly RoomMessage[] {
  const relayed = positionOf(room).seq;
  const past = stored.messages.filter(({ position }) => position.seq > after && position.seq <= relayed);
  return [...past, ...room.tail.after(past.at(-1)?.position.seq ?? after)];
}

/** @throws OutcryError `unavailable` before the broker delivers the room */
export function positionOf(room: Room): Position {
  if (room.position === undefined) throw new OutcryError('unavailable', 'the room is not delivered here');
  return room.position;
}
