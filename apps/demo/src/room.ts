import type { MemberEntry, Position, ReceivedFrame } from '@outcry/protocol';
import { type Received, type Requester, toRequestFailure } from './frames.ts';
import { type MessageEntry, Timeline } from './timeline.ts';
import { TypingUsers } from './typing-users.ts';

/** UTF-16 units. The wire allows 4,096 bytes, and ends the session past that; a unit takes three at most. */
export const MAX_TEXT_LENGTH = 1_000;

const HISTORY = 50;
/** A gateway knows a key for five minutes; past that, a repeat might be a second message. */
const KEY_LIFETIME_MS = 4 * 60_000;
const JOIN_AGAIN_MS = 2_000;
const TYPING_EVERY_MS = 2_500;
/** Several people coming at once cost one question for the list. */
const MEMBERS_DELAY_MS = 100;

export interface RoomOptions {
  readonly name: string;
  readonly user: string;
  readonly connection: Requester;
  readonly onChange: () => void;
}

/** A room as its member sees it: messages in order, members, who is typing. It survives the connection. */
export class Room {
  readonly name: string;
  readonly user: string;
  readonly #connection: Requester;
  readonly #onChange: () => void;
  readonly #timeline = new Timeline();
  readonly #typing: TypingUsers;
  #position: Position | undefined;
  #isJoined = false;
  #isStale = false;
  #problem: string | undefined;
  #members: readonly MemberEntry[] = [];
  #memberCount = 0;
  #joinTimer: ReturnType<typeof setTimeout> | undefined;
  #membersTimer: ReturnType<typeof setTimeout> | undefined;
  #typingSaidAt = 0;

  constructor({ name, user, connection, onChange }: RoomOptions) {
    this.name = name;
    this.user = user;
    this.#connection = connection;
    this.#onChange = onChange;
    this.#typing = new TypingUsers(onChange);
  }

  get timeline(): Timeline {
    return this.#timeline;
  }

  /** Users, by name. */
  get members(): readonly MemberEntry[] {
    return this.#members;
  }

  get memberCount(): number {
    return this.#memberCount;
  }

  /** Others who are writing just now. */
  get typing(): readonly string[] {
    return this.#typing.names;
  }

  get isJoined(): boolean {
    return this.#isJoined;
  }

  /** Whether the gateway has said that it does not hear of this room. */
  get isStale(): boolean {
    return this.#isStale;
  }

  /** Why the room could not be joined, in the gateway's words. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Joins, or resumes where it was: to be called on each new connection. */
  join(): void {
    this.#isJoined = false;
    const since = this.#position === undefined ? {} : { since: this.#position };
    const join = { type: 'join', room: this.name, history: HISTORY, presence: true, ...since } as const;
    this.#connection.request(join).catch((thrown: unknown) => {
      const failure = toRequestFailure(thrown);
      if (failure.code === 'disconnected') return;
      this.#problem = failure.message;
      if (failure.isRetryable) this.#joinAgainLater();
      this.#onChange();
    });
  }

  /** The connection is gone: what is shown stays, what is unsent waits. */
  handleLoss(): void {
    this.#isJoined = false;
    this.#typing.clear();
    this.#onChange();
  }

  /** Shows the text at once and publishes it as soon as the room is joined. */
  say(text: string): void {
    const id = randomKey();
    const message: MessageEntry = { kind: 'message', id, from: this.user, text, at: Date.now(), state: 'sending' };
    this.#typingSaidAt = 0;
    this.#timeline.post(message);
    if (this.#isJoined) this.#publish(message);
    this.#onChange();
  }

  /** Tries a failed message again, under its old key: should it have been stored after all, it is not stored twice. */
  retry(id: string): void {
    const message = this.#timeline.outbox.find((entry) => entry.id === id);
    if (message === undefined) return;
    this.#timeline.mark(id, 'sending');
    if (this.#isJoined) this.#publish(message);
    this.#onChange();
  }

  discard(id: string): void {
    this.#timeline.discard(id);
    this.#onChange();
  }

  /** Tells the others that this user is writing; more than once in 2.5 s is said once. */
  sayTyping(): void {
    const now = Date.now();
    if (!this.#isJoined || now - this.#typingSaidAt < TYPING_EVERY_MS) return;
    this.#typingSaidAt = now;
    this.#connection.notify({ type: 'signal', room: this.name, name: 'typing' });
  }

  /** Takes every frame of the connection; those of other rooms are none of its business. */
  handleFrame(frame: ReceivedFrame): void {
    if (!('room' in frame) || frame.room !== this.name) return;
    this.#handleOwn(frame);
    this.#onChange();
  }

  #handleOwn(frame: Extract<ReceivedFrame, { room?: string }>): void {
    switch (frame.type) {
      case 'joined':
        this.#joined(frame);
        break;
      case 'message':
        this.#receive(frame);
        break;
      case 'signal':
        if (frame.name === 'typing' && frame.from !== this.user) this.#typing.add(frame.from);
        break;
      case 'member':
        this.#memberCount = frame.count;
        this.#typing.delete(frame.user);
        this.#askForMembers();
        break;
      case 'reset':
        this.#position = { epoch: frame.epoch, seq: frame.seq };
        this.#timeline.divide(true);
        break;
      case 'stale':
      case 'fresh':
        this.#isStale = frame.type === 'stale';
        break;
      default:
        break;
    }
  }

  #joinAgainLater(): void {
    clearTimeout(this.#joinTimer);
    this.#joinTimer = setTimeout(() => {
      if (!this.#isJoined) this.join();
    }, JOIN_AGAIN_MS);
  }

  #joined(frame: Received<'joined'>): void {
    const before = this.#position;
    // Where the replay reaches back to what is shown already, nothing is missing either.
    const isSeamless = frame.recovered || (frame.epoch === before?.epoch && frame.seq <= before.seq);
    this.#position = { epoch: frame.epoch, seq: frame.seq };
    this.#isJoined = true;
    this.#isStale = false;
    this.#problem = undefined;
    this.#memberCount = frame.members ?? this.#memberCount;
    if (!frame.recovered) this.#showStored();
    if (before !== undefined) this.#timeline.divide(!isSeamless);
    this.#askForMembers();
    this.#deliverOutbox();
  }

  #receive(frame: Received<'message'>): void {
    // Until the answer to a join comes, what comes belongs to the membership before it, and will be replayed.
    if (!this.#isJoined || this.#position === undefined || frame.seq <= this.#position.seq) return;
    if (frame.seq > this.#position.seq + 1) {
      this.join();
      return;
    }
    this.#position = { epoch: this.#position.epoch, seq: frame.seq };
    this.#typing.delete(frame.from);
    const { text, key } = readPayload(frame.data);
    const isOwn = frame.from === this.user && key !== undefined;
    const id = isOwn ? key : `${this.#position.epoch}:${String(frame.seq)}`;
    this.#timeline.show({ kind: 'message', id, from: frame.from, text, at: frame.at, state: 'shown' });
  }

  /** What the gateway stored and a lost history will not bring back is shown where it was said. */
  #showStored(): void {
    for (const message of this.#timeline.outbox) {
      if (message.state === 'stored') this.#timeline.show({ ...message, state: 'shown' });
    }
  }

  #deliverOutbox(): void {
    for (const message of this.#timeline.outbox) {
      if (message.state !== 'sending') continue;
      if (Date.now() - message.at < KEY_LIFETIME_MS) this.#publish(message);
      else this.#timeline.mark(message.id, 'failed', 'It waited too long for a connection.');
    }
  }

  #publish({ id, text }: MessageEntry): void {
    // The key stands in the payload, too: it is how the message is known when it comes back.
    const publish = { type: 'publish', room: this.name, key: id, data: { text, key: id } } as const;
    this.#connection.request(publish).then(
      () => {
        this.#timeline.mark(id, 'stored');
        this.#onChange();
      },
      (thrown: unknown) => {
        const failure = toRequestFailure(thrown);
        // A lost connection is not a verdict: the next one delivers the outbox again.
        if (failure.code === 'disconnected') return;
        this.#timeline.mark(id, 'failed', failure.message);
        this.#onChange();
      },
    );
  }

  #askForMembers(): void {
    clearTimeout(this.#membersTimer);
    this.#membersTimer = setTimeout(() => {
      this.#connection.request({ type: 'members', room: this.name }).then(
        (answer) => {
          if (answer.type !== 'ack') return;
          this.#members = [...(answer.members ?? [])].sort((a, b) => a.user.localeCompare(b.user));
          this.#memberCount = answer.count ?? this.#members.length;
          this.#onChange();
        },
        // The list stays as it was; the next change or connection asks again.
        () => undefined,
      );
    }, MEMBERS_DELAY_MS);
  }
}

/** 128 random bits. `crypto.randomUUID` would do, but browsers offer it on https and localhost only. */
function randomKey(): string {
  return crypto.getRandomValues(new Uint32Array(4)).reduce((key, word) => key + word.toString(36), '');
}

/** Anybody may publish anything: what is not this page's own form is shown as the JSON that it is. */
function readPayload(data: unknown): { text: string; key?: string } {
  if (typeof data === 'string') return { text: data };
  if (typeof data !== 'object' || data === null || !('text' in data) || typeof data.text !== 'string') {
    return { text: JSON.stringify(data) };
  }
  return 'key' in data && typeof data.key === 'string' ? { text: data.text, key: data.key } : { text: data.text };
}
