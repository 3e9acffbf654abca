import {
  type Client,
  type ClientStatus,
  connect,
  type ConnectOptions,
  type Instrument,
  type Message,
} from '@outcry/client';

import { AccountToken } from './account-token.ts';
import type { Admission } from './accounts.ts';
import { Announcements } from './announcements.ts';
import { BookWatch } from './book-watch.ts';
import { ConnectionDiary } from './connection-diary.ts';
import type { Conversation } from './conversation.ts';
import { Inbox } from './inbox.ts';
import { Instruments } from './instruments.ts';
import type { ReadMarks } from './read-marks.ts';
import { RoomVisit } from './room-visit.ts';
import type { Identity } from './visit.ts';

/** Somebody is watching: attempts come quicker than a service's would. */
const BACKOFF = { baseMs: 500, maxMs: 10_000 };
/** As long as a repeat under the same key is sure to be stored once. */
const PUBLISH_TIMEOUT_MS = 240_000;

export interface SessionOptions {
  readonly url: string;
  readonly identity: Identity;
  readonly room: string;
  readonly readMarks: ReadMarks;
  /** The visitor has logged in again. */
  readonly onAdmission: (admission: Admission) => void;
  readonly onStatus: (status: ClientStatus) => void;
  readonly onChange: () => void;
  /** Which rooms one is in, and what is shown, have changed. */
  readonly onPlace: (rooms: readonly string[], current: Conversation) => void;
  readonly onBookChange: () => void;
  readonly onInstruments: (instruments: readonly Instrument[]) => void;
}

/** A visitor's stay: several rooms, direct messages and one book, over one connection after the other. */
export class Session {
  readonly client: Client;
  readonly watch: BookWatch;
  readonly diary = new ConnectionDiary();
  readonly announcements: Announcements;
  /** Of a visitor who has come by a password. */
  readonly accountToken: AccountToken | undefined;
  readonly #options: SessionOptions;
  readonly #inbox: Inbox;
  readonly #instruments: Instruments;
  readonly #rooms = new Map<string, RoomVisit>();
  #current: Conversation;
  #user: string;
  #node = '';

  constructor(options: SessionOptions) {
    const { identity, url, readMarks, onChange, onBookChange, onInstruments } = options;
    this.#options = options;
    this.#user = identity.kind === 'name' ? identity.name : identity.kind === 'account' ? identity.admission.user : '';
    this.accountToken = this.#accountTokenOf(identity);
    this.client = connect(url, {
      ...this.#tokenOf(identity),
      backoff: BACKOFF,
      publishTimeoutMs: PUBLISH_TIMEOUT_MS,
      onStatus: (status) => {
        this.#handleStatus(status);
      },
    });
    const { client } = this;
    this.watch = new BookWatch({ client, onChange: onBookChange });
    this.#instruments = new Instruments(client, onInstruments);
    const user = (): string => this.#user;
    this.announcements = new Announcements({ client, readMarks, user, onChange });
    this.#inbox = new Inbox({ client, onChange, user, onMessage: this.#count.bind(this) });
    this.#current = this.#visit(options.room).conversation;
  }

  /** Who one is; empty for a guest that has not been given a name yet. */
  get user(): string {
    return this.#user;
  }

  get rooms(): readonly RoomVisit[] {
    return [...this.#rooms.values()];
  }

  get direct(): readonly Conversation[] {
    return this.#inbox.conversations;
  }

  /** The conversation that is shown. */
  get current(): Conversation {
    return this.#current;
  }

  /** The room that is shown; undefined where direct messages are. */
  get currentRoom(): RoomVisit | undefined {
    return this.#current.kind === 'room' ? this.#rooms.get(this.#current.name) : undefined;
  }

  /** Messages that nobody has looked at, everywhere. */
  get unread(): number {
    const all = [...this.rooms.map(({ conversation }) => conversation), ...this.direct];
    return all.reduce((sum, { unread }) => sum + unread, 0);
  }

  /** Joins rooms without showing them. */
  joinRooms(names: readonly string[]): void {
    for (const name of names) this.#visit(name);
    this.#changed();
  }

  enterRoom(name: string): void {
    this.show(this.#visit(name).conversation);
  }

  /** Leaves a room for good; the last one stays. */
  leaveRoom(name: string): void {
    const visit = this.#rooms.get(name);
    if (visit === undefined || this.#rooms.size === 1) return;
    visit.leave();
    this.#rooms.delete(name);
    const [first] = this.rooms;
    if (this.#current === visit.conversation && first !== undefined) this.show(first.conversation);
    else this.#changed();
  }

  openDirect(user: string): void {
    this.show(this.#inbox.open(user));
  }

  show(conversation: Conversation): void {
    this.#current = conversation;
    this.currentRoom?.refreshMembers();
    this.markRead();
    this.#changed();
  }

  /** What is shown has been seen. */
  markRead(): void {
    const last = this.#current.timeline.entries.findLast((entry) => entry.kind === 'message');
    this.#current.unread = 0;
    if (last !== undefined) this.#options.readMarks.mark(this.#user, this.#current.id, last.at);
  }

  /** @throws Error that says to the visitor what is wrong */
  async renewLogin(password: string): Promise<void> {
    await this.accountToken?.renew(password);
    if (this.client.status.state !== 'connected') this.client.tryNow();
  }

  #accountTokenOf(identity: Identity): AccountToken | undefined {
    if (identity.kind !== 'account') return undefined;
    const { onAdmission, onChange } = this.#options;
    return new AccountToken({
      admission: identity.admission,
      onChange: (admission) => {
        onAdmission(admission);
        onChange();
      },
    });
  }

  #tokenOf(identity: Identity): Pick<ConnectOptions, 'token'> {
    const { accountToken } = this;
    if (accountToken !== undefined) return { token: () => accountToken.provide(this.#node !== '') };
    return identity.kind === 'name' ? { token: identity.name } : {};
  }

  #visit(name: string): RoomVisit {
    const known = this.#rooms.get(name);
    if (known !== undefined) return known;
    const { onChange } = this.#options;
    const visit = new RoomVisit({
      client: this.client,
      name,
      onChange,
      user: () => this.#user,
      onMessage: this.#count.bind(this),
    });
    this.#rooms.set(name, visit);
    return visit;
  }

  #count(conversation: Conversation, { from, at }: Message): void {
    if (from === this.#user || this.#options.readMarks.isRead(this.#user, conversation.id, at)) return;
    conversation.unread += 1;
    if (conversation === this.#current && document.visibilityState === 'visible') this.markRead();
  }

  #changed(): void {
    this.#options.onPlace([...this.#rooms.keys()], this.#current);
    this.#options.onChange();
  }

  #handleStatus(status: ClientStatus): void {
    this.diary.record(status, Date.now());
    if (status.state === 'connected') {
      this.#user = status.user;
      if (status.node !== this.#node) this.#instruments.ask();
      this.#node = status.node;
    } else {
      this.#node = '';
    }
    this.#options.onStatus(status);
  }
}
