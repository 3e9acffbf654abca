import type { Client, Message, Position, Room, RoomEvent } from '@outcry/client';

import { type ChatPayload, readPayload, toEntry, toPastPage } from './chat-message.ts';
import type { Clock } from '../browser/clock.ts';
import { Conversation } from './conversation.ts';
import type { Interruption } from '../log/entry.ts';
import { Interruptions } from '../log/interruptions.ts';
import type { PastPage } from '../log/past-reader.ts';

const HISTORY = 100;

export interface InboxOptions {
  readonly client: Client;
  readonly clock: Clock;
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
  readonly #interruptions: Interruptions;
  /** From where on every conversation has all that was written. */
  #from: Position | undefined;

  constructor(options: InboxOptions) {
    this.#options = options;
    this.#interruptions = new Interruptions(options.clock.monotonicMs);
    this.#room = options.client.inbox({ history: HISTORY, info: true, onEvent: this.#handle.bind(this) });
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
    const { client, clock, user, onChange } = this.#options;
    const conversation = new Conversation({
      kind: 'direct',
      name,
      status: () => this.#room.status,
      user,
      clock,
      onChange,
      deliver: (payload) => this.#deliver(name, payload),
      signalTyping: () => client.signal(name, 'typing'),
      readPast: (range) => this.#readPast(name, range),
    });
    if (this.#from !== undefined) conversation.timeline.begin(this.#from);
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
    const interruption = ofOne(this.#interruptions.hear(event));
    if (event.type === 'joined') this.#from ??= { epoch: event.position.epoch, seq: event.position.seq + 1 };
    for (const conversation of this.#conversations.values()) {
      conversation.handle(event, interruption);
    }
    if (event.type === 'message') this.#receive(event);
    // Whoever writes for the first time is not announced before there is something to read.
    if (event.type === 'signal' && event.name === 'typing') this.#conversations.get(event.from)?.typing.add(event.from);
    this.#options.onChange();
  }

  #receive(message: Message): void {
    const conversation = this.open(this.#partner(message));
    if (conversation.receive(toEntry(message, this.#options.user()))) this.#options.onMessage(conversation, message);
  }

  /** Only the user's own messages are believed to be copies. */
  #partner({ from, data }: Message): string {
    return from === this.#options.user() ? (readPayload(data).to ?? from) : from;
  }

  /** A page of the inbox, for one conversation. Whoever else has written in that time is shown to have. */
  async #readPast(name: string, range: { readonly before: number; readonly limit: number }): Promise<PastPage> {
    const page = await this.#room.history(range);
    const { user } = this.#options;
    for (const message of page.messages) this.open(this.#partner(message));
    const own = page.messages.filter((message) => this.#partner(message) === name);
    return toPastPage(
      page,
      own.map((message) => toEntry(message, user())),
    );
  }
}

/** How many are missing in the inbox says nothing of one conversation in it. */
function ofOne(interruption: Interruption | undefined): Interruption | undefined {
  return interruption === undefined ? undefined : { ...interruption, missing: undefined };
}
