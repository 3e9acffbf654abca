import { randomBytes } from 'node:crypto';

import { SERVER_USER } from '@outcry/protocol';

import type { RoomQuestion } from './room-question.ts';

const EPOCH_BYTES = 6;

/** Whoever is in a room. */
export interface RoomMember {
  /** There is another answer: a `message`, encoded once for all of them. */
  tell(room: LiveRoom, frame: Uint8Array): void;
}

/** A question that is asked while somebody is in the room, and its newest answer. */
export class LiveRoom {
  readonly name: string;
  readonly question: RoomQuestion;
  readonly epoch = randomBytes(EPOCH_BYTES).toString('base64url');
  readonly members = new Set<RoomMember>();
  /** When it is to be asked next, by the monotonic clock. */
  dueAt: number;
  isAsked = false;
  #data = '';
  #seq = 0;
  #newest: Uint8Array | undefined;

  constructor(name: string, question: RoomQuestion, now: number) {
    this.name = name;
    this.question = question;
    this.dueAt = now;
  }

  /** Of the newest message; 0 before the first. */
  get seq(): number {
    return this.#seq;
  }

  /** All that the room retains. */
  get newest(): Uint8Array | undefined {
    return this.#newest;
  }

  /** Tells the members what the answer is, where it differs from the one before; whether it does. */
  publish(data: string): boolean {
    if (data === this.#data) return false;
    this.#data = data;
    this.#seq += 1;
    this.#newest = this.#encode();
    for (const member of this.members) member.tell(this, this.#newest);
    return true;
  }

  /** As the codec would; which takes payloads in msgpack, and this one has been JSON since it was compared. */
  #encode(): Uint8Array {
    const room = JSON.stringify(this.name);
    const [at, seq] = [String(Date.now()), String(this.#seq)];
    return Buffer.from(
      `{"type":"message","room":${room},"from":"${SERVER_USER}","at":${at},"data":${this.#data},"seq":${seq}}`,
    );
  }
}
