import type { Client, MemberEntry, Message, Room, RoomEvent } from '@outcry/client';

import { toEntry, toPastPage } from './chat-message.ts';
import type { Clock } from '../browser/clock.ts';
import { Conversation } from './conversation.ts';
import { Interruptions } from '../log/interruptions.ts';
import { MemberTabs } from './member-tabs.ts';
import { PAGE, type PastPage } from '../log/past-reader.ts';

/** Several people coming at once cost one question for the list. */
const MEMBERS_DELAY_MS = 100;

export interface RoomVisitOptions {
  readonly client: Client;
  readonly name: string;
  readonly clock: Clock;
  readonly user: () => string;
  readonly onMessage: (conversation: Conversation, message: Message) => void;
  readonly onChange: () => void;
}

/** A room of the SDK, told as a conversation, and who is in it. */
export class RoomVisit {
  readonly conversation: Conversation;
  readonly #options: RoomVisitOptions;
  readonly #room: Room;
  readonly #interruptions: Interruptions;
  readonly #tabs: MemberTabs;
  #members: readonly MemberEntry[] = [];
  #memberCount = 0;
  #membersTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: RoomVisitOptions) {
    const { client, name, clock, user, onChange } = options;
    this.#options = options;
    this.#interruptions = new Interruptions(clock.monotonicMs);
    this.#tabs = new MemberTabs();
    this.conversation = new Conversation({
      kind: 'room',
      name,
      status: () => this.#room.status,
      user,
      clock,
      onChange,
      deliver: (payload) => this.#room.publish(payload, { key: payload.key }),
      signalTyping: () => this.#room.signal('typing'),
      readPast: (range) => this.#readPast(range),
    });
    this.#room = client.join(name, { history: PAGE, presence: true, info: true, onEvent: this.#handle.bind(this) });
    this.#room.joined.catch((error: unknown) => {
      this.conversation.problem = String(error instanceof Error ? error.message : error);
      onChange();
    });
  }

  /** Users, by name, each with how many connections it has for sure. */
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
          const counted = this.#tabs.count(members, this.#options.clock.monotonicMs());
          this.#members = counted.toSorted((a, b) => a.user.localeCompare(b.user));
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
    conversation.handle(event, this.#interruptions.hear(event));
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
        this.refreshMembers();
        break;
      case 'gap':
      case 'away':
      case 'stale':
      case 'fresh':
      case 'undeliverable':
        break;
    }
    this.#options.onChange();
  }

  #receive(message: Message): void {
    const { conversation } = this;
    if (conversation.receive(toEntry(message, conversation.user))) this.#options.onMessage(conversation, message);
  }

  async #readPast(range: { readonly before: number; readonly limit: number }): Promise<PastPage> {
    const page = await this.#room.history(range);
    return toPastPage(
      page,
      page.messages.map((message) => toEntry(message, this.conversation.user)),
    );
  }
}
