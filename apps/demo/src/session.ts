import {
  type Client,
  type ClientStatus,
  connect,
  type ConnectOptions,
  type Instrument,
  type Message,
} from '@outcry/client';
import { CLOSE_CODES } from '@outcry/protocol';

import { AccountToken } from './visit/account-token.ts';
import type { Admission } from './visit/accounts.ts';
import { Announcements } from './conversations/announcements.ts';
import { BookWatch } from './books/book-watch.ts';
import type { Clock } from './browser/clock.ts';
import { ConnectionDiary } from './connection/connection-diary.ts';
import type { StaleParts } from './connection/connection-summary.ts';
import type { Conversation } from './conversations/conversation.ts';
import { Inbox } from './conversations/inbox.ts';
import { Instruments } from './books/instruments.ts';
import type { Keepsake } from './browser/keepsake.ts';
import { ReadMarks } from './conversations/read-marks.ts';
import { RoomVisit } from './conversations/room-visit.ts';
import type { Identity } from './visit/visit.ts';

/** Somebody is watching: attempts come quicker than a service's would. */
const BACKOFF = { baseMs: 500, maxMs: 10_000 };
/** As long as a repeat under the same key is sure to be stored once. */
const PUBLISH_TIMEOUT_MS = 240_000;

export interface SessionOptions {
  readonly url: string;
  readonly identity: Identity;
  readonly room: string;
  /** Of this browser, across visits. */
  readonly keepsake: Keepsake;
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
  readonly clock: Clock;
  readonly diary: ConnectionDiary;
  readonly announcements: Announcements;
  /** Of a visitor who has come by a password. */
  readonly accountToken: AccountToken | undefined;
  readonly #options: SessionOptions;
  readonly #readMarks: ReadMarks;
  readonly #inbox: Inbox;
  readonly #instruments: Instruments;
  readonly #rooms = new Map<string, RoomVisit>();
  #current: Conversation;
  #user: string;
  #node = '';
  /** When this visit has begun, by the gateways' clock. */
  #begunAt = Infinity;

  constructor(options: SessionOptions) {
    const { identity, url, keepsake, onChange, onBookChange, onInstruments } = options;
    this.#options = options;
    this.#user = identity.kind === 'name' ? identity.name : identity.kind === 'account' ? identity.admission.user : '';
    this.accountToken = this.#accountTokenOf(identity);
    this.clock = { serverNow: () => this.client.serverNow(), monotonicMs: () => performance.now() };
    this.diary = new ConnectionDiary(this.clock.monotonicMs);
    this.client = connect(url, {
      ...this.#tokenOf(identity),
      backoff: BACKOFF,
      publishTimeoutMs: PUBLISH_TIMEOUT_MS,
      onStatus: (status) => {
        this.#handleStatus(status);
      },
    });
    const { client, clock } = this;
    this.watch = new BookWatch({ client, clock, onChange: onBookChange, onStatus: onChange });
    this.#instruments = new Instruments(client, onInstruments);
    const user = (): string => this.#user;
    const readMarks = new ReadMarks({ keepsake, since: () => this.#begunAt });
    this.#readMarks = readMarks;
    this.announcements = new Announcements({ client, readMarks, user, onChange });
    this.#inbox = new Inbox({ client, clock, onChange, user, onMessage: this.#count.bind(this) });
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

  /** What is shown and may be old, though there is a connection. */
  get stale(): StaleParts {
    const { book } = this.watch;
    return {
      room: this.#current.status === 'stale' ? this.#current.title : undefined,
      book: book?.status === 'stale' ? book.symbol : undefined,
    };
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
    const { timeline, id } = this.#current;
    const last = timeline.newest;
    this.#current.unread = 0;
    if (last?.position !== undefined) this.#readMarks.mark(this.#user, id, { ...last.position, at: last.at });
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
      clock: this.clock,
      onChange,
      user: () => this.#user,
      onMessage: this.#count.bind(this),
    });
    this.#rooms.set(name, visit);
    return visit;
  }

  #count(conversation: Conversation, message: Message): void {
    if (message.from === this.#user || this.#readMarks.isRead(this.#user, conversation.id, message)) return;
    conversation.unread += 1;
    conversation.newsCount += 1;
  }

  #changed(): void {
    this.#options.onPlace([...this.#rooms.keys()], this.#current);
    this.#options.onChange();
  }

  #handleStatus(status: ClientStatus): void {
    this.diary.record(status, Date.now());
    if (status.state === 'reconnecting' && status.error.closeCode === CLOSE_CODES.tokenExpired.code) {
      this.accountToken?.refuse();
    }
    if (status.state === 'connected') {
      this.#begunAt = Math.min(this.#begunAt, this.clock.serverNow());
      this.#user = status.user;
      if (status.node !== this.#node) this.#instruments.ask();
      this.#node = status.node;
    } else {
      this.#node = '';
    }
    this.#options.onStatus(status);
  }
}
