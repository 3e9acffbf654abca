import type { Position, ReceivedFrame } from '@outcry/protocol';

import type { Faults } from '../check/faults.ts';
import type { Heads } from '../check/heads.ts';
import { RoomCheck } from '../check/room-check.ts';
import { monotonicMicros } from '../measure/clock.ts';
import { recordMicros } from '../measure/latencies.ts';
import type { Recorder } from '../measure/recorder.ts';
import { type Payload, sentAtOf } from './payload.ts';
import type { Link, Role } from './role.ts';

export interface MemberOptions {
  readonly room: string;
  readonly isSlow: boolean;
  readonly padding: readonly string[];
  readonly recorder: Recorder;
  /** Told of every acknowledged message. */
  readonly heads: Heads;
}

/** A member of one room: joins, resumes, publishes when told to, and checks everything that it is sent. */
export class Member implements Role {
  readonly #options: MemberOptions;
  readonly #check = new RoomCheck();
  /** When each message was sent that is not yet acknowledged, by the id of its request. */
  readonly #unacknowledged = new Map<number, number>();
  #link: Link | undefined;
  #isJoined = false;
  #lastId = 0;
  #joinId = 0;
  #joinedFrom: Position | undefined;
  #joinSentAt = 0;
  /** The request to leave that is not yet acknowledged: until then the room's messages come. */
  #leaveId: number | undefined;
  #isToReturn = false;

  constructor(options: MemberOptions) {
    this.#options = options;
  }

  get isReady(): boolean {
    return this.#isJoined;
  }

  get unacknowledged(): number {
    return this.#unacknowledged.size;
  }

  opened(link: Link): void {
    this.#link = link;
    this.join();
  }

  closed(): void {
    this.#link = undefined;
    this.#isJoined = false;
    this.#leaveId = undefined;
    // Whether these were stored is unknown; the lost connection is what counts.
    this.#unacknowledged.clear();
  }

  /** Joins the room, from where the member stands if it was there before: who is leaving does not know that yet. */
  join(): void {
    this.#isToReturn = this.#leaveId !== undefined;
    if (this.#isToReturn) return;
    const since = this.#check.position;
    this.#joinedFrom = since;
    this.#joinId = ++this.#lastId;
    this.#joinSentAt = monotonicMicros();
    if (since !== undefined) this.#options.recorder.count('resumes');
    this.#link?.send({
      type: 'join',
      id: this.#joinId,
      room: this.#options.room,
      history: 0,
      ...(since === undefined ? {} : { since }),
    });
  }

  leave(): void {
    this.#isJoined = false;
    this.#leaveId = ++this.#lastId;
    this.#link?.send({ type: 'leave', id: this.#leaveId, room: this.#options.room });
  }

  publish(): void {
    const id = ++this.#lastId;
    const sentAt = monotonicMicros();
    const data: Payload = { sentAt, padding: this.#options.padding };
    this.#unacknowledged.set(id, sentAt);
    this.#options.recorder.count('published');
    this.#link?.send({ type: 'publish', id, room: this.#options.room, data });
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
        if (typeof frame.id === 'number') this.#receiveError(frame.id);
        return;
      default:
    }
  }

  hasReached(heads: Heads): boolean {
    return this.#isJoined && this.#check.hasReached(this.#headIn(heads));
  }

  /** A member that is not there at the end may miss what it was never sent. */
  faults(heads: Heads): Faults {
    return this.#check.faults(this.#isJoined ? this.#headIn(heads) : undefined);
  }

  #headIn(heads: Heads): Position | undefined {
    const epoch = this.#check.position?.epoch;
    return epoch === undefined ? undefined : heads.of(this.#options.room, epoch);
  }

  #receiveMessage(seq: number, data: unknown): void {
    const { recorder, isSlow } = this.#options;
    const target = this.#link?.target ?? 0;
    this.#check.message(seq);
    recorder.delivered(target);
    const sentAt = sentAtOf(data);
    if (sentAt === undefined) return;
    if (sentAt < this.#joinSentAt) recorder.count('caughtUp');
    else recorder.latency(target, { micros: monotonicMicros() - sentAt, isSlow });
  }

  #receiveJoined(joined: Position & { readonly recovered: boolean }): void {
    this.#isJoined = true;
    this.#check.joined(joined, this.#joinedFrom !== undefined);
    recordMicros(this.#options.recorder.join, monotonicMicros() - this.#joinSentAt);
  }

  #receiveError(id: number): void {
    this.#unacknowledged.delete(id);
    if (id === this.#leaveId) this.#receiveLeft();
  }

  #receiveLeft(): void {
    this.#leaveId = undefined;
    if (this.#isToReturn) this.join();
  }

  #receiveAck({ id, epoch, seq }: Extract<ReceivedFrame, { type: 'ack' }>): void {
    if (typeof id !== 'number') return;
    if (id === this.#leaveId) this.#receiveLeft();
    const sentAt = this.#unacknowledged.get(id);
    if (sentAt === undefined || epoch === undefined || seq === undefined) return;
    this.#unacknowledged.delete(id);
    this.#options.heads.note(this.#options.room, { epoch, seq });
    this.#options.recorder.count('acknowledged');
    recordMicros(this.#options.recorder.ack, monotonicMicros() - sentAt);
  }
}
