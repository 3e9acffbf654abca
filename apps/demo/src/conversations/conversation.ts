import { OutcryError, type RoomEvent, type RoomStatus } from '@outcry/client';

import { type ChatPayload, randomKey } from './chat-message.ts';
import type { Clock } from '../browser/clock.ts';
import type { Interruption, MessageEntry } from '../log/entry.ts';
import { PastReader, type PastReaderOptions } from '../log/past-reader.ts';
import { Timeline } from '../log/timeline.ts';
import { TypingUsers } from './typing-users.ts';

const TYPING_EVERY_MS = 2_500;

export interface ConversationOptions {
  readonly kind: 'room' | 'direct';
  /** The room's name, or the other user's. */
  readonly name: string;
  /** Resolves once the gateway has stored it. */
  readonly deliver: (payload: ChatPayload) => Promise<unknown>;
  /** Tells the others that this user writes. */
  readonly signalTyping: () => unknown;
  readonly readPast: PastReaderOptions['read'];
  readonly status: () => RoomStatus;
  readonly user: () => string;
  readonly clock: Clock;
  readonly onChange: () => void;
}

/** A room, or what is said with one other user, as the page shows it: it survives the connection. */
export class Conversation {
  readonly timeline = new Timeline();
  readonly past: PastReader;
  readonly typing: TypingUsers;
  /** What has been written and not sent. */
  draft = '';
  /** Messages of others that nobody has looked at. */
  unread = 0;
  /** How many messages of others have come that were not known from another visit. */
  newsCount = 0;
  /** Why it cannot be joined, in the gateway's words. */
  problem: string | undefined;
  #typingSaidAt = -Infinity;
  readonly #options: ConversationOptions;

  constructor(options: ConversationOptions) {
    const { readPast, onChange } = options;
    this.#options = options;
    this.past = new PastReader({ timeline: this.timeline, read: readPast, onChange });
    this.typing = new TypingUsers(onChange);
  }

  /** The same for the same room or user. */
  get id(): string {
    return `${this.kind}:${this.name}`;
  }

  get kind(): 'room' | 'direct' {
    return this.#options.kind;
  }

  get name(): string {
    return this.#options.name;
  }

  get title(): string {
    return this.kind === 'room' ? `#${this.name}` : this.name;
  }

  get status(): RoomStatus {
    return this.#options.status();
  }

  get user(): string {
    return this.#options.user();
  }

  /** Whether what is said now goes out now. */
  get isJoined(): boolean {
    return this.status === 'joined' || this.status === 'stale';
  }

  /** Shows the text at once, and publishes it now or when there is a connection. */
  say(text: string): void {
    const id = randomKey();
    const at = this.#options.clock.serverNow();
    this.#typingSaidAt = -Infinity;
    this.timeline.returnToEnd();
    this.timeline.post({ kind: 'message', id, from: this.user, text, at, state: 'sending' });
    this.#deliver({ text, key: id });
  }

  /** Tries a failed message again, under its old key: should it have been stored after all, it is not stored twice. */
  retry(id: string): void {
    const message = this.timeline.outbox.find((entry) => entry.id === id);
    if (message === undefined) return;
    this.timeline.mark(id, 'sending');
    this.#deliver({ text: message.text, key: id });
  }

  discard(id: string): void {
    this.timeline.discard(id);
    this.#options.onChange();
  }

  /** More than once in 2.5 s is said once. */
  sayTyping(): void {
    const now = this.#options.clock.monotonicMs();
    if (!this.isJoined || now - this.#typingSaidAt < TYPING_EVERY_MS) return;
    this.#typingSaidAt = now;
    this.#options.signalTyping();
  }

  /** Shows a message as it came; whether it was news. */
  receive(entry: MessageEntry): boolean {
    this.typing.delete(entry.from);
    return this.timeline.show(entry);
  }

  /** What becomes of the room that this is, or is in. */
  handle(event: RoomEvent, interruption: Interruption | undefined): void {
    if (event.type === 'away') this.typing.clear();
    if (event.type === 'joined') {
      const { epoch, seq } = event.position;
      this.timeline.begin({ epoch, seq: seq + 1 });
      this.past.wake();
      this.past.settle();
      if (!event.isRecovered) this.#showStored();
    }
    if (interruption !== undefined) this.timeline.divide(interruption);
  }

  /** What the gateway stored, and a history that lost it will not bring back, is shown where it was said. */
  #showStored(): void {
    for (const message of this.timeline.outbox) {
      if (message.state === 'stored') this.timeline.show({ ...message, state: 'shown' });
    }
  }

  #deliver(payload: ChatPayload): void {
    this.#options.deliver(payload).then(
      () => {
        this.timeline.mark(payload.key, 'stored');
        this.#options.onChange();
      },
      (thrown: unknown) => {
        this.timeline.mark(payload.key, 'failed', whyNotSent(thrown));
        this.#options.onChange();
      },
    );
    this.#options.onChange();
  }
}

function whyNotSent(thrown: unknown): string {
  if (!(thrown instanceof OutcryError)) return String(thrown);
  const { message, mayBeStored } = thrown;
  return mayBeStored
    ? `It may have arrived all the same: ${message}.`
    : `${message.slice(0, 1).toUpperCase()}${message.slice(1)}.`;
}
