import type { Position, ReceivedFrame } from '@outcry/protocol';

import { messageNumber, roomAndEpoch } from '../check/claims.ts';
import type { Faults } from '../check/faults.ts';
import type { Heads } from '../check/heads.ts';
import { RoomCheck } from '../check/room-check.ts';
import { Silence } from '../check/silence.ts';
import { monotonicMicros } from '../measure/clock.ts';
import { recordMicros } from '../measure/latencies.ts';
import { Outbox, type OutboxOptions } from './outbox.ts';
import { readPayload } from './payload.ts';
import { RetryTimer } from './retry-timer.ts';
import type { Link, Role } from './role.ts';

export interface MemberOptions extends OutboxOptions {
  readonly isSlow: boolean;
}

/** A member of one room: joins, resumes, publishes when told to, and checks everything that it is sent. */
export class Member implements Role {
  readonly #options: MemberOptions;
  readonly #outbox: Outbox;
  readonly #check = new RoomCheck();
  readonly #silence = new Silence();
  readonly #joinRetry = new RetryTimer();
  #altered = 0;
  #conflicting = 0;
  #link: Link | undefined;
  #isJoined = false;
  #joinId = 0;
  #joinedFrom: Position | undefined;
  #joinSentAt = 0;
  /** The request to leave that is not yet acknowledged: until then the room's messages come. */
  #leaveId: number | undefined;
  #isToReturn = false;

  constructor(options: MemberOptions) {
    this.#options = options;
    this.#outbox = new Outbox(options);
  }

  get isReady(): boolean {
    return this.#isJoined;
  }

  /** Whether it holds as many messages without an answer as it may. */
  get isFull(): boolean {
    return this.#outbox.isFull;
  }

  /** Messages that it has published and that have no answer. */
  get unacknowledged(): number {
    return this.#outbox.size;
  }

  get longestSilenceMs(): number | undefined {
    return this.#silence.longestMs;
  }

  /** Its room and the epochs in which a gap was announced. */
  get broken(): readonly string[] {
    return [...this.#check.brokenEpochs].map((epoch) => roomAndEpoch(this.#options.room, epoch));
  }

  listen(now: number): void {
    this.#silence.begin(now);
  }

  stopListening(now: number): void {
    this.#silence.end(now);
  }

  /** It goes on purpose, until then. */
  excuse(now: number, until: number): void {
    this.#silence.excuse(now, until);
  }

  opened(link: Link): void {
    this.#link = link;
    this.join();
  }

  closed(): void {
    this.#link = undefined;
    this.#isJoined = false;
    this.#leaveId = undefined;
    this.#joinRetry.cancel();
    this.#outbox.lost();
  }

  /** Joins the room, from where the member stands if it was there before: who is leaving does not know that yet. */
  join(): void {
    this.#isToReturn = this.#leaveId !== undefined;
    if (this.#isToReturn || this.#link === undefined) return;
    const since = this.#check.position;
    this.#joinedFrom = since;
    this.#joinId = this.#link.nextId();
    this.#joinSentAt = monotonicMicros();
    if (since !== undefined) this.#options.recorder.count('resumes');
    this.#link.send({
      type: 'join',
      id: this.#joinId,
      room: this.#options.room,
      history: 0,
      ...(since === undefined ? {} : { since }),
    });
  }

  leave(): void {
    this.#isJoined = false;
    this.#outbox.lost();
    this.#leaveId = this.#link?.nextId();
    if (this.#leaveId !== undefined) this.#link?.send({ type: 'leave', id: this.#leaveId, room: this.#options.room });
  }

  /** Publishes one message, now or as soon as it is in the room. */
  publish(): void {
    this.#outbox.publish();
  }

  received(frame: ReceivedFrame): void {
    switch (frame.type) {
      case 'message':
        if (frame.room === this.#options.room) this.#receiveMessage(frame.seq, frame.data);
        return;
      case 'joined':
        if (frame.id === this.#joinId) this.#receiveJoined(frame);
        return;
      case 'reset':
        if (frame.room === this.#options.room) this.#check.reset(frame);
        return;
      case 'ack':
        this.#receiveAck(frame);
        return;
      case 'error':
        if (typeof frame.id === 'number') this.#receiveError(frame.id, frame.retryable);
        return;
      default:
    }
  }

  hasReached(heads: Heads): boolean {
    return this.#isJoined && this.#check.hasReached(this.#headIn(heads));
  }

  /** A member that is not there at the end may miss what it was never sent: that it is not there is told apart. */
  faults(heads: Heads): Faults {
    const faults = this.#check.faults(this.#isJoined ? this.#headIn(heads) : undefined);
    return { ...faults, altered: this.#altered, conflicting: this.#conflicting };
  }

  #headIn(heads: Heads): Position | undefined {
    const epoch = this.#check.position?.epoch;
    return epoch === undefined ? undefined : heads.of(this.#options.room, epoch);
  }

  #receiveMessage(seq: number, data: unknown): void {
    const { room, recorder, seen, isSlow } = this.#options;
    const target = this.#link?.target ?? 0;
    this.#check.message(seq);
    this.#silence.heard(performance.now());
    recorder.delivered(target);
    const payload = readPayload(room, data);
    if (payload === undefined) {
      this.#altered++;
      return;
    }
    if (payload.publisher === this.#options.publisher) this.#outbox.delivered(payload.counter);
    const epoch = this.#check.position?.epoch ?? '';
    if (!seen.delivered(roomAndEpoch(room, epoch), [seq, messageNumber(payload)])) this.#conflicting++;
    if (payload.sentAt < this.#joinSentAt) recorder.count('caughtUp');
    else recorder.latency(target, { micros: monotonicMicros() - payload.sentAt, isSlow });
  }

  #receiveJoined(joined: Position & { readonly recovered: boolean }): void {
    this.#isJoined = true;
    this.#check.joined(joined, this.#joinedFrom !== undefined);
    recordMicros(this.#options.recorder.join, monotonicMicros() - this.#joinSentAt);
    if (this.#link !== undefined) this.#outbox.joined(this.#link);
  }

  #receiveError(id: number, isRetryable: boolean): void {
    this.#outbox.refused(id, isRetryable);
    if (id === this.#leaveId) this.#receiveLeft();
    if (id !== this.#joinId || !isRetryable) return;
    this.#joinRetry.start(() => {
      this.join();
    });
  }

  #receiveLeft(): void {
    this.#leaveId = undefined;
    if (this.#isToReturn) this.join();
  }

  #receiveAck({ id, epoch, seq }: Extract<ReceivedFrame, { type: 'ack' }>): void {
    if (typeof id !== 'number') return;
    if (id === this.#leaveId) this.#receiveLeft();
    if (epoch !== undefined && seq !== undefined) this.#outbox.acknowledged(id, { epoch, seq });
  }
}
