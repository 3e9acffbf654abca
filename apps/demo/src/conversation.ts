import { OutcryError, type RoomStatus } from '@outcry/client';

import { type ChatPayload, randomKey } from './chat-message.ts';
import { type MessageEntry, Timeline } from './timeline.ts';
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
  /** Loads a page of the past into the timeline; whether there may be more. */
  readonly loadOlder: () => Promise<boolean>;
  readonly user: () => string;
  readonly onChange: () => void;
}

/** A room, or what is said with one other user, as the page shows it: it survives the connection. */
export class Conversation {
  readonly timeline = new Timeline();
  readonly typing: TypingUsers;
  /** What has been written and not sent. */
  draft = '';
  /** Messages of others that nobody has looked at. */
  unread = 0;
  status: RoomStatus = 'joining';
  /** Why it cannot be joined, in the gateway's words. */
  problem: string | undefined;
  hasOlder = false;
  #isLoading = false;
  #typingSaidAt = 0;
  readonly #options: ConversationOptions;

  constructor(options: ConversationOptions) {
    this.#options = options;
    this.typing = new TypingUsers(options.onChange);
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

  get user(): string {
    return this.#options.user();
  }

  /** Whether what is said now goes out now. */
  get isJoined(): boolean {
    return this.status === 'joined' || this.status === 'stale';
  }

  get isLoading(): boolean {
    return this.#isLoading;
  }

  /** Shows the text at once, and publishes it now or when there is a connection. */
  say(text: string): void {
    const id = randomKey();
    this.#typingSaidAt = 0;
    this.timeline.post({ kind: 'message', id, from: this.user, text, at: Date.now(), state: 'sending' });
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
    const now = Date.now();
    if (!this.isJoined || now - this.#typingSaidAt < TYPING_EVERY_MS) return;
    this.#typingSaidAt = now;
    this.#options.signalTyping();
  }

  /** Shows a message as it came; whether it was news. */
  receive(entry: MessageEntry): boolean {
    this.typing.delete(entry.from);
    return this.timeline.show(entry);
  }

  /** One page at a time; none where there is nothing, or no room for it. */
  loadOlder(): void {
    if (!this.hasOlder || this.#isLoading || !this.isJoined || this.timeline.isFull) return;
    this.#isLoading = true;
    this.#options
      .loadOlder()
      .then(
        (hasOlder) => {
          this.hasOlder = hasOlder;
        },
        // What has come stays; scrolling up again asks again.
        () => undefined,
      )
      .finally(() => {
        this.#isLoading = false;
        this.#options.onChange();
      });
    this.#options.onChange();
  }

  /** What the gateway stored, and a history that lost it will not bring back, is shown where it was said. */
  showStored(): void {
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
