import type { Client, MemberEntry, Message, Room, RoomEvent } from '@outcry/client';

import { toEntry } from './chat-message.ts';
import { Conversation } from './conversation.ts';

const HISTORY = 50;
/** Several people coming at once cost one question for the list. */
const MEMBERS_DELAY_MS = 100;

export interface RoomVisitOptions {
  readonly client: Client;
  readonly name: string;
  readonly user: () => string;
  readonly onMessage: (conversation: Conversation, message: Message) => void;
  readonly onChange: () => void;
}

/** A room of the SDK, told as a conversation, and who is in it. */
export class RoomVisit {
  readonly conversation: Conversation;
  readonly #options: RoomVisitOptions;
  readonly #room: Room;
  #members: readonly MemberEntry[] = [];
  #memberCount = 0;
  #membersTimer: ReturnType<typeof setTimeout> | undefined;
  #oldestSeq = Infinity;

  constructor(options: RoomVisitOptions) {
    const { client, name, user, onChange } = options;
    this.#options = options;
    this.conversation = new Conversation({
      kind: 'room',
      name,
      user,
      onChange,
      deliver: (payload) => this.#room.publish(payload, { key: payload.key }),
      signalTyping: () => this.#room.signal('typing'),
      loadOlder: () => this.#loadOlder(),
    });
    this.#room = client.join(name, { history: HISTORY, presence: true, onEvent: this.#handle.bind(this) });
    this.#room.joined.catch((error: unknown) => {
      this.conversation.status = this.#room.status;
      this.conversation.problem = String(error instanceof Error ? error.message : error);
      onChange();
    });
  }

  /** Users, by name. */
  get members(): readonly MemberEntry[] {
    return this.#members;
  }

  get memberCount(): number {
    return this.#memberCount;
  }

  /** Tabs of one user come and go without an event, so whoever shows the list asks now and then. */
  refreshMembers(): void {
    if (!this.conversation.isJoined) return;
    clearTimeout(this.#membersTimer);
    this.#membersTimer = setTimeout(() => {
      this.#room.members().then(
        ({ count, members }) => {
          this.#members = [...members].sort((a, b) => a.user.localeCompare(b.user));
          this.#memberCount = count;
          this.#options.onChange();
        },
        // The list stays as it was; the next change or connection asks again.
        () => undefined,
      );
    }, MEMBERS_DELAY_MS);
  }

  leave(): void {
    clearTimeout(this.#membersTimer);
    this.conversation.typing.clear();
    this.#room.leave();
  }

  #handle(event: RoomEvent): void {
    const { conversation } = this;
    conversation.status = this.#room.status;
    switch (event.type) {
      case 'message':
        this.#receive(event);
        break;
      case 'signal':
        if (event.name === 'typing' && event.from !== conversation.user) conversation.typing.add(event.from);
        break;
      case 'member':
        this.#memberCount = event.count;
        conversation.typing.delete(event.user);
        this.refreshMembers();
        break;
      case 'joined':
        this.#memberCount = event.memberCount ?? this.#memberCount;
        if (!event.isRecovered) conversation.showStored();
        if (event.isResumed) conversation.timeline.divide(!event.isRecovered);
        this.refreshMembers();
        break;
      case 'gap':
        conversation.timeline.divide(true);
        break;
      case 'away':
        conversation.typing.clear();
        break;
      case 'stale':
      case 'fresh':
      case 'undeliverable':
        break;
    }
    this.#options.onChange();
  }

  #receive(message: Message): void {
    const { conversation } = this;
    if (this.#oldestSeq === Infinity) {
      this.#oldestSeq = message.seq;
      conversation.hasOlder = message.seq > 1;
    }
    if (conversation.receive(toEntry(message, conversation.user))) this.#options.onMessage(conversation, message);
  }

  async #loadOlder(): Promise<boolean> {
    const { messages } = await this.#room.history({ before: this.#oldestSeq, limit: HISTORY });
    this.#oldestSeq = messages[0]?.seq ?? this.#oldestSeq;
    this.conversation.timeline.prepend(messages.map((message) => toEntry(message, this.conversation.user)));
    return messages.length === HISTORY && this.#oldestSeq > 1;
  }
}
