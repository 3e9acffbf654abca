import type { ClientFrame, Position, ReceivedFrame, RequestId } from '@outcry/protocol';

import { OutcryError, toOutcryError } from '../primitives/errors.ts';
import { backoffMs } from './backoff.ts';
import type { Emit } from './effects.ts';
import type { RoomListener, RoomNews } from './room-news.ts';

type Frame<T extends ReceivedFrame['type']> = Extract<ReceivedFrame, { type: T }>;

/** What a member wants of a room. */
export interface JoinOptions {
  /** How many of the newest messages to replay on the first join; the gateway's default is 50. */
  readonly history?: number | undefined;
  /** Whether own messages come back. Default true. */
  readonly echo?: boolean | undefined;
  /** Whether to be told who comes and goes. Default false. */
  readonly presence?: boolean | undefined;
  /** Whether messages tell who their sender is. Default false. */
  readonly info?: boolean | undefined;
  /** Resumes from here: everything behind it comes, or a `gap` and everything that the room still has. */
  readonly since?: Position | undefined;
}

export interface RoomStateOptions extends JoinOptions, RoomListener {
  /** The room's name on the wire for a user: an inbox is another one for each. */
  readonly nameFor: (user: string) => string;
  readonly emit: Emit;
  readonly random: () => number;
}

export type RoomFrame = Frame<'joined' | 'left' | 'message' | 'signal' | 'member' | 'reset' | 'stale' | 'fresh'>;

type Phase = 'wanted' | 'asked' | 'joined' | 'failed' | 'left';

/** A join is asked again where no answer comes; gateways answer within seconds, also where their broker does not. */
const ANSWER_TIMEOUT_MS = 15_000;
const JOIN_AGAIN = { baseMs: 1_000, maxMs: 30_000 };
/** A connection that there never is. */
const NONE = -1;
/** Behind a gap comes whatever the room still has: as much as a room keeps. */
const ALL_RETAINED = 1_000;

/** One room as its member sees it across connections: where it is in the order, and whether that holds. */
export class RoomState implements RoomListener {
  readonly listener: (news: RoomNews) => void;
  readonly #options: RoomStateOptions;
  #phase: Phase = 'wanted';
  #name = '';
  #position: Position | undefined;
  #joinId: RequestId | undefined = 0;
  /** The connection that it was asked for on. */
  #askedOn = 0;
  /** The connection on which it is joined, and from which everything is taken that is said of it; 0 where it is on none. */
  #heardOn = 0;
  /** The one on which it was before, and still is. */
  #alsoOn = 0;
  #attempt = 0;
  #retryAt = 0;
  #hasJoined = false;
  #isAway = false;
  /** The gateway has said that it does not go on from where the room is. */
  #wasReset = false;
  #isStale = false;
  /** Own messages that do not come back here, and would on another connection; those behind `position`. */
  readonly #own = new Set<number>();
  #failure: OutcryError | undefined;

  constructor(options: RoomStateOptions) {
    this.#options = options;
    this.listener = options.listener;
    const { since } = options;
    this.#position = since === undefined ? undefined : { epoch: since.epoch, seq: since.seq };
  }

  /** On the wire; empty before the first connection. */
  get name(): string {
    return this.#name;
  }

  get position(): Position | undefined {
    return this.#position;
  }

  get isJoined(): boolean {
    return this.#heardOn !== 0;
  }

  /** Whether it is joined on this connection. */
  isOn(socket: number): boolean {
    return socket === this.#heardOn || socket === this.#alsoOn;
  }

  /** Said to have been told all there is. */
  get isStale(): boolean {
    return this.#isStale;
  }

  /** Why the room cannot be joined. */
  get failure(): OutcryError | undefined {
    return this.#failure;
  }

  /** When to ask again: after a refusal that may pass, or silence. */
  get nextAlarmAt(): number {
    const isWaiting = this.#phase === 'asked' || (this.#phase === 'wanted' && this.#retryAt > 0);
    return isWaiting ? this.#retryAt : Infinity;
  }

  handleAlarm(now: number): void {
    if (now >= this.nextAlarmAt) this.#want();
  }

  /** Every room begins anew on a connection. */
  handleWelcome(user: string): void {
    this.#become(user);
    this.#wasReset = false;
    this.#want();
    this.#attempt = 0;
  }

  /** There is another connection beside the one on which it is: it is asked for there, and heard here until it is there. */
  handleMove(socket: number, user: string): void {
    this.#become(user);
    if (this.#phase === 'joined' && this.#heardOn !== socket) this.#want();
  }

  /** All connections are lost but one, if there is one. */
  handleLoss(remaining = NONE): void {
    const isHeard = this.#heardOn === remaining;
    if (!isHeard) {
      if (this.#hasJoined && !this.#isAway) this.#tell({ type: 'away' });
      this.#isAway = this.#hasJoined;
      this.#heardOn = 0;
    }
    this.#alsoOn = 0;
    if (this.#phase === 'asked' && this.#askedOn === remaining) return;
    this.#want();
    if (isHeard) this.#phase = 'joined';
  }

  /** The gateway may have ended the membership: it is asked for again, from where the room is. */
  doubt(): void {
    if (this.#phase !== 'joined') return;
    this.#heardOn = this.#alsoOn = 0;
    this.#want();
  }

  /** There is a join to send. */
  wantsJoin(now: number): boolean {
    return this.#phase === 'wanted' && this.#retryAt <= now;
  }

  /** The request to send now, if there is one to send. */
  takeJoin(now: number, nextId: () => number, socket: number): ClientFrame<unknown> | undefined {
    if (!this.wantsJoin(now)) return undefined;
    this.#askedOn = socket;
    this.#phase = 'asked';
    this.#retryAt = now + ANSWER_TIMEOUT_MS;
    this.#joinId = nextId();
    const { echo, presence, info } = this.#options;
    const since = this.#position;
    const history = since === undefined ? this.#options.history : ALL_RETAINED;
    // What is undefined is absent in both encodings.
    const join = { type: 'join', id: this.#joinId, room: this.#name, since, history, echo, presence, info };
    return join as ClientFrame<unknown>;
  }

  /** Whether the error answered this room's join. */
  handleError(frame: Frame<'error'>, now: number): boolean {
    if (this.#phase !== 'asked' || frame.id !== this.#joinId) return false;
    if (frame.retryable) {
      this.#wantLater(now, this.#attempt);
      this.#attempt += 1;
    } else {
      this.#fail(toOutcryError(frame));
    }
    return true;
  }

  /** The gateway has joined it without having been asked. */
  adopt(frame: Frame<'joined'>, socket: number): void {
    this.#phase = 'asked';
    this.#joinId = undefined;
    this.#joined(frame, socket);
  }

  handleFrame(frame: RoomFrame, now: number, socket: number): void {
    if (frame.type === 'joined') {
      this.#joined(frame, socket);
      return;
    }
    const isHeard = socket === this.#heardOn;
    if (frame.type === 'left') {
      if (isHeard || !this.isJoined) {
        this.#fail(new OutcryError('left', 'the server has taken this client out of the room'));
      }
      return;
    }
    // Until the answer to a join comes, what comes belongs to the membership before it, and is replayed.
    if (!isHeard) return;
    switch (frame.type) {
      case 'message':
        this.#receive(frame);
        return;
      case 'reset':
        this.#reset(frame, now);
        return;
      case 'stale':
      case 'fresh':
        this.#isStale = frame.type === 'stale';
        this.#tell({ type: frame.type });
        return;
      case 'signal':
        this.#tell({ type: 'signal', frame });
        return;
      case 'member':
        this.#tell({ type: 'member', frame });
        return;
    }
  }

  /** Nothing is told from here on. The request that says so to the gateway, where it can know of the membership. */
  leave(): ClientFrame<unknown> | undefined {
    const isKnown = this.#phase === 'asked' || this.isJoined;
    this.#phase = 'left';
    this.#heardOn = 0;
    this.#tell({ type: 'left' });
    return isKnown && !this.#name.startsWith('@') ? { type: 'leave', room: this.#name } : undefined;
  }

  #fail(error: OutcryError): void {
    this.#phase = 'failed';
    this.#heardOn = 0;
    this.#failure = error;
    this.#tell({ type: 'failed', error });
  }

  #joined(frame: Frame<'joined'>, socket: number): void {
    if (this.#phase !== 'asked' || frame.id !== this.#joinId) return;
    if (socket !== this.#heardOn) this.#alsoOn = this.#heardOn;
    this.#heardOn = socket;
    const before = this.#position;
    const isResumed = this.#hasJoined || before !== undefined;
    // Where the replay reaches back to what came already, nothing is missing either.
    const isOneOrder = frame.recovered || frame.epoch === before?.epoch;
    const reachesBack = before !== undefined && isOneOrder && frame.seq <= before.seq;
    const isRecovered = isResumed && (frame.recovered || reachesBack);
    this.#phase = 'joined';
    this.#hasJoined = true;
    this.#isStale = false;
    this.#attempt = 0;
    const position = { epoch: frame.epoch, seq: reachesBack ? before.seq : frame.seq };
    if (!isOneOrder) this.#own.clear();
    this.#position = position;
    const [isReconnected, reason] = [this.#isAway, this.#wasReset ? 'reset' : 'notRecovered'] as const;
    this.#isAway = this.#wasReset = false;
    this.#tell({ type: 'joined', position, isResumed, isRecovered, isReconnected, memberCount: frame.members });
    if (isResumed && !isRecovered)
      this.#tell({ type: 'gap', reason, position, missed: missedBetween(before, position) });
  }

  /** The room is read anew from where the member is: what is retained behind it follows, and a gap is told where that begins. */
  #reset({ epoch, seq, recovered }: Frame<'reset'>, now: number): void {
    if (recovered === true) {
      // Only the numbering has another name.
      this.#position = { epoch, seq };
      return;
    }
    if (this.#phase !== 'joined') {
      // It is asked for on another connection, from where the member is: that tells what is missing.
      this.#heardOn = 0;
      return;
    }
    const before = this.#position;
    const hasAll = before?.epoch === epoch && seq <= before.seq;
    if (hasAll || seq === 0) {
      // Nothing that the member lacks is retained, and numbers that it knows may be those of others.
      this.#own.clear();
      this.#position = { epoch, seq };
      this.#tell({ type: 'gap', reason: 'reset', position: this.#position, missed: undefined });
      return;
    }
    this.#wasReset = true;
    this.#heardOn = this.#alsoOn = 0;
    this.#wantLater(now, 0);
  }

  /** An own message has its place. Without an echo it does not come; to go on behind it is to have had it. */
  handleStored({ epoch, seq }: { readonly epoch?: string; readonly seq?: number }): void {
    const position = this.#position;
    if (this.#options.echo !== false || position === undefined || seq === undefined) return;
    if (epoch !== position.epoch || seq <= position.seq) return;
    this.#own.add(seq);
    this.#reach(position);
  }

  /** The messages up to there have come, and with them the own ones that follow. */
  #reach({ epoch, seq }: Position): void {
    let last = seq;
    while (this.#own.delete(last + 1)) last += 1;
    for (const own of this.#own) if (own < last) this.#own.delete(own);
    this.#position = { epoch, seq: last };
  }

  #receive(frame: Frame<'message'>): void {
    const position = this.#position;
    if (position === undefined || frame.seq <= position.seq) return;
    // Without an echo, numbers that are missing are those of own messages.
    if (frame.seq > position.seq + 1 && this.#options.echo !== false) {
      this.doubt();
      return;
    }
    const isOwn = this.#own.has(frame.seq);
    this.#reach({ epoch: position.epoch, seq: frame.seq });
    if (!isOwn) this.#tell({ type: 'message', frame, epoch: position.epoch });
  }

  /** An inbox is another room where the user has changed: nothing of it is resumed, or heard. */
  #become(user: string): void {
    const name = this.#options.nameFor(user);
    if (name === this.#name) return;
    if (this.#name !== '') this.#position = undefined;
    this.#name = name;
    this.#heardOn = this.#alsoOn = 0;
    this.#want();
  }

  #want(): void {
    this.#phase = 'wanted';
    this.#retryAt = 0;
  }

  #wantLater(now: number, attempt: number): void {
    const { random } = this.#options;
    this.#phase = 'wanted';
    this.#retryAt = now + Math.max(1, backoffMs(JOIN_AGAIN, { retry: 'wait', attempt, random }));
  }

  #tell(news: RoomNews): void {
    this.#options.emit({ kind: 'room', room: this, news });
  }
}

function missedBetween(before: Position | undefined, { epoch, seq }: Position): number | undefined {
  return before?.epoch === epoch ? seq - before.seq : undefined;
}
