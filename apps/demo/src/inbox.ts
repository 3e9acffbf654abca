import type { Client, Message, Room, RoomEvent } from '@outcry/client';

import { type ChatPayload, readPayload, toEntry } from './chat-message.ts';
import { Conversation } from './conversation.ts';

const PAGE = 100;

export interface InboxOptions {
  readonly client: Client;
  readonly user: () => string;
  readonly onMessage: (conversation: Conversation, message: Message) => void;
  readonly onChange: () => void;
}

/**
 * The user's inbox, told as one conversation for each other user. What one writes goes to the other's inbox, and a copy to
 * one's own, so that every tab, and the next visit, shows both sides.
 */
export class Inbox {
  readonly #options: InboxOptions;
  readonly #room: Room;
  readonly #conversations = new Map<string, Conversation>();
  #oldestSeq = Infinity;
  #hasOlder = false;

  constructor(options: InboxOptions) {
    this.#options = options;
    this.#room = options.client.inbox({ history: PAGE, onEvent: this.#handle.bind(this) });
    // A client that is closed says so itself.
    this.#room.joined.catch(() => undefined);
  }

  /** By the time they were begun. */
  get conversations(): readonly Conversation[] {
    return [...this.#conversations.values()];
  }

  /** The conversation with a user, begun where there is none. */
  open(name: string): Conversation {
    const known = this.#conversations.get(name);
    if (known !== undefined) return known;
    const { user, onChange } = this.#options;
    const conversation = new Conversation({
      kind: 'direct',
      name,
      user,
      onChange,
      deliver: (payload) => this.#deliver(name, payload),
      signalTyping: () => this.#options.client.signal(name, 'typing'),
      loadOlder: () => this.#loadOlder(),
    });
    conversation.status = this.#room.status;
    conversation.hasOlder = this.#hasOlder;
    this.#conversations.set(name, conversation);
    onChange();
    return conversation;
  }

  async #deliver(to: string, payload: ChatPayload): Promise<void> {
    const { client, user } = this.#options;
    await client.send(to, payload, { key: payload.key });
    if (to === user()) return;
    // The copy has a key of its own kind; where it fails, this tab alone shows what was said.
    client.send(user(), { ...payload, to }, { key: `copy:${payload.key}` }).catch(() => undefined);
  }

  #handle(event: RoomEvent): void {
    for (const conversation of this.#conversations.values()) conversation.status = this.#room.status;
    if (event.type === 'message') this.#receive(event);
    // Whoever writes for the first time is not announced before there is something to read.
    if (event.type === 'signal' && event.name === 'typing') this.#conversations.get(event.from)?.typing.add(event.from);
    for (const conversation of this.#conversations.values()) tellInterruption(conversation, event);
    this.#options.onChange();
  }

  #receive(message: Message): void {
    if (this.#oldestSeq === Infinity) {
      this.#oldestSeq = message.seq;
      this.#hasOlder = message.seq > 1;
    }
    const conversation = this.open(this.#partner(message));
    if (conversation.receive(toEntry(message, this.#options.user()))) this.#options.onMessage(conversation, message);
  }

  /** Only the user's own messages are believed to be copies. */
  #partner({ from, data }: Message): string {
    return from === this.#options.user() ? (readPayload(data).to ?? from) : from;
  }

  async #loadOlder(): Promise<boolean> {
    const { messages } = await this.#room.history({ before: this.#oldestSeq, limit: PAGE });
    this.#oldestSeq = messages[0]?.seq ?? this.#oldestSeq;
    // Backwards, so that one after the other can be put before all that is there.
    for (const message of messages.toReversed()) {
      this.open(this.#partner(message)).timeline.prepend([toEntry(message, this.#options.user())]);
    }
    this.#hasOlder = messages.length === PAGE && this.#oldestSeq > 1;
    for (const conversation of this.#conversations.values()) conversation.hasOlder = this.#hasOlder;
    return this.#hasOlder;
  }
}

function tellInterruption(conversation: Conversation, event: RoomEvent): void {
  if (event.type === 'away') conversation.typing.clear();
  if (event.type === 'gap') conversation.timeline.divide(true);
  if (event.type !== 'joined') return;
  if (!event.isRecovered) conversation.showStored();
  if (event.isResumed) conversation.timeline.divide(!event.isRecovered);
}
