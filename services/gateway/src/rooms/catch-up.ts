import { type HistoryRange, OutcryError, type RoomHistory, type RoomMessage } from '@outcry/broker';
import type { Position } from '@outcry/protocol';

import type { Room } from './room.ts';

export interface CatchUpRequest {
  readonly since: Position | undefined;
  /** Newest messages to replay where `since` is absent or does not recover. */
  readonly history: number;
}

/**
 * What a joining member gets before it goes live: a position, and the messages behind it. Where they do not lead up to the room's
 * own position when the member is added (`Room.isAt`), it reads on behind them.
 */
export interface CatchUp {
  /** The first message that follows has `from.seq` + 1. */
  readonly from: Position;
  /** From the first on, without a hole. */
  readonly messages: readonly RoomMessage[];
  readonly isRecovered: boolean;
  /** The broker no longer has all that the client has been told of, and gives its numbers to others. */
  readonly isRolledBack: boolean;
  /** Some of what it asked for is in an archive that could not be asked. */
  readonly isAway?: boolean;
}

/** Where a member reads the past of a room. */
export interface HistorySource {
  /** Messages that the room keeps. */
  readonly kept: number;
  /** A page of the range. `onSent` is called right before the broker is asked. */
  read(range: HistoryRange, onSent: () => void): Promise<RoomHistory>;
}

/** A source, and the room's tail for as long as somebody needs it: what is relayed while a read waits for its turn is in its page. */
export class TailedSource implements HistorySource {
  readonly kept: number;
  /** Whose tail is made when something is read: most rooms are inboxes, of which nothing is. */
  readonly #room: Room;
  readonly #source: HistorySource;
  #isOpen = false;
  #isAway = false;

  constructor(room: Room, source: HistorySource) {
    this.kept = source.kept;
    this.#room = room;
    this.#source = source;
  }

  /** Whether a page lacked what could not be asked for. */
  get isAway(): boolean {
    return this.#isAway;
  }

  read(range: HistoryRange, onSent: () => void): Promise<RoomHistory> {
    return this.#source.read(range, () => {
      if (!this.#isOpen) this.#room.tail.open();
      this.#isOpen = true;
      onSent();
    });
  }

  /** Looks at what was read. */
  note({ isAway = false }: RoomHistory): void {
    this.#isAway ||= isAway;
  }

  close(): void {
    if (this.#isOpen) this.#room.tail.close();
  }
}

const MAX_ATTEMPTS = 3;
const REACH_TIMEOUT_MS = 2000;

/**
 * Reads what a member missed, a page of it or up to the position of the room's relay. History is read from the broker; what the
 * room relays meanwhile is taken from its tail. It may relay more before the caller has the answer, though all of that is one
 * turn of the loop: so it is the caller who looks where the room is as it adds the member.
 *
 * @throws OutcryError `unavailable` where the broker does not answer, or the room is too fast to be caught up with
 */
export async function catchUp(room: Room, request: CatchUpRequest, untailed: HistorySource): Promise<CatchUp> {
  const { since, history } = request;
  const source = new TailedSource(room, untailed);
  try {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const missed = since === undefined ? 'lost' : await resume(room, since, source);
      if (typeof missed === 'object') return missed;
      if (missed === 'broken') continue;
      // It has seen all that there is.
      if (missed === 'rolledBack') return { ...startHere(room), isRolledBack: true };
      const fresh = await startAfresh(room, history, source);
      if (fresh !== 'broken') return source.isAway ? { ...fresh, isAway: true } : fresh;
    }
    throw new OutcryError('unavailable', 'the room moves too fast to be joined; try again');
  } finally {
    source.close();
  }
}

/**
 * Everything behind `since` or the first page of it, or `lost` where not everything is there: partial recovery does not exist.
 * `rolledBack` where the broker is not there yet: a client is told of nothing that has no number. What was seen of an earlier epoch
 * counts where the room went on from that one.
 */
async function resume(
  room: Room,
  since: Position,
  source: TailedSource,
): Promise<CatchUp | 'lost' | 'rolledBack' | 'broken'> {
  const { epoch } = positionOf(room);
  const stored = await readSound(room, { after: since.seq, epoch: since.epoch, limit: source.kept }, source);
  if (stored === 'broken') return 'broken';
  if (since.epoch !== epoch && stored.isContinued !== true) return 'lost';
  if (since.seq > stored.head.seq) return 'rolledBack';
  // A client may have been told more by a faster gateway than this one has relayed yet: it is on its way here.
  if (positionOf(room).seq < since.seq) await room.tail.whenRelayed(since.seq, REACH_TIMEOUT_MS);
  if (positionOf(room).epoch !== epoch) return 'broken';
  const { messages, isWhole } = upToRelay(room, stored, since.seq);
  const missing = positionOf(room).seq - since.seq;
  const isUnbroken = missing === 0 || messages[0]?.position.seq === since.seq + 1;
  if (!isUnbroken || !(isWhole || stored.hasMore)) return 'lost';
  return { from: { epoch, seq: since.seq }, messages, isRecovered: true, isRolledBack: false };
}

/** The newest messages or the first page of them, and the room's position where there are none. */
async function startAfresh(room: Room, history: number, source: TailedSource): Promise<CatchUp | 'broken'> {
  // Nothing is read, so nothing can come meanwhile.
  if (history === 0) return startHere(room);
  const stored = await readSound(room, { last: Math.min(history, source.kept) }, source);
  if (stored === 'broken') return 'broken';
  const { messages: following, isWhole } = upToRelay(room, stored, 0);
  const messages = isWhole ? following.slice(-history) : following;
  const first = messages[0];
  if (first === undefined) return startHere(room);
  const from = { epoch: positionOf(room).epoch, seq: first.position.seq - 1 };
  return { from, messages, isRecovered: false, isRolledBack: false };
}

function startHere(room: Room): CatchUp {
  return { from: positionOf(room), messages: [], isRecovered: false, isRolledBack: false };
}

/** `broken` where continuity broke while the broker was being asked, or the tail could not hold what came meanwhile. */
export async function readSound(
  room: Room,
  range: HistoryRange,
  source: TailedSource,
): Promise<RoomHistory | 'broken'> {
  let breaks = room.tail.breaks;
  const stored = await source.read(range, () => {
    breaks = room.tail.breaks;
  });
  source.note(stored);
  const isSound = room.tail.breaks === breaks && !room.tail.isCut && stored.head.epoch === positionOf(room).epoch;
  return isSound ? stored : 'broken';
}

export interface Continuation {
  readonly messages: readonly RoomMessage[];
  /** They lead up to the room's own position. */
  readonly isWhole: boolean;
}

/**
 * History behind `after`, cut at or continued to the room's own position: what is newer than that will come live. A page may
 * end before the tail begins; what is behind that hole is for the next one.
 */
export function upToRelay(room: Room, stored: Pick<RoomHistory, 'messages'>, after: number): Continuation {
  const relayed = positionOf(room).seq;
  const past = stored.messages.filter(({ position }) => position.seq <= relayed);
  const all = [...past, ...room.tail.after(past.at(-1)?.position.seq ?? after)];
  const first = all[0]?.position.seq ?? 0;
  const hole = all.findIndex(({ position }, i) => position.seq !== first + i);
  const messages = hole < 0 ? all : all.slice(0, hole);
  return { messages, isWhole: (messages.at(-1)?.position.seq ?? after) === relayed };
}

/** @throws OutcryError `unavailable` before the broker delivers the room */
export function positionOf(room: Room): Position {
  if (room.position === undefined) throw new OutcryError('unavailable', 'the room is not delivered here');
  return room.position;
}
