import { type LoggedPosition, type MemberLog, payloadHash, type WireServerFrame } from '@outcry/testkit';

import { Connection } from './connection.ts';
import type { Random } from '../../support/random.ts';

/** A join that was refused for the moment is tried again after this. */
const JOIN_AGAIN_MS = 200;

export interface MemberOptions {
  readonly user: string;
  readonly room: string;
  readonly url: () => string;
  readonly log: MemberLog;
  readonly random: Random;
  readonly wantsPresence?: boolean;
}

/** A client in one room that resumes wherever it comes back, and logs everything it is told. */
export class Member {
  readonly room: string;
  readonly log: MemberLog;
  readonly connection: Connection;
  /** What it was told of others who came and went, as in `left user-3`. */
  readonly memberChanges: string[] = [];
  readonly #options: MemberOptions;
  #url: () => string;
  readonly #waiters = new Map<number, (frame: WireServerFrame) => void>();
  #node = '';
  #position: LoggedPosition | undefined;
  #isLive = false;
  #isRejoining = false;
  #staleAt: number | undefined;
  #staleCount = 0;
  #losses = 0;
  #joinId = 0;
  #lastId = 0;

  constructor(options: MemberOptions) {
    this.#options = options;
    this.#url = options.url;
    this.room = options.room;
    this.log = options.log;
    this.connection = new Connection({
      ...options,
      url: () => this.#url(),
      onOpen: () => {
        this.#join();
      },
      onFrame: (frame) => {
        this.#take(frame);
      },
      onLost: () => {
        this.#losses += 1;
        this.#isLive = false;
      },
    });
    this.connection.open();
  }

  get user(): string {
    return this.#options.user;
  }

  get wantsPresence(): boolean {
    return this.#options.wantsPresence ?? false;
  }

  /** The gateway it is or was last at. */
  get node(): string {
    return this.#node;
  }

  get position(): LoggedPosition | undefined {
    return this.#position;
  }

  /** Joined, and not told that what it sees may be old. */
  get isFresh(): boolean {
    return this.#isLive && this.#staleAt === undefined;
  }

  /** When it was last told that what it sees is stale, by `performance.now`; undefined where it is not. */
  get staleAt(): number | undefined {
    return this.#staleAt;
  }

  get staleCount(): number {
    return this.#staleCount;
  }

  /** How often it has lost its connection, other than by its own doing. */
  get losses(): number {
    return this.#losses;
  }

  has({ epoch, seq }: LoggedPosition): boolean {
    return this.#isLive && this.#position?.epoch === epoch && this.#position.seq >= seq;
  }

  cut(): void {
    this.#isLive = false;
    this.#isRejoining = false;
    this.connection.cut();
  }

  comeBack(): void {
    this.connection.open();
  }

  /** From the next time on that it connects. */
  goTo(url: string): void {
    this.#url = () => url;
  }

  /** Joins again on the connection there is, from its position. What comes until the answer comes again behind it. */
  rejoin(): void {
    this.#isLive = false;
    this.#isRejoining = true;
    this.#join();
  }

  leave(): void {
    this.log.left();
    this.cut();
  }

  /** Sends a request and waits for its answer. */
  ask(type: string): Promise<WireServerFrame> {
    return new Promise((resolve) => {
      this.#lastId += 1;
      this.#waiters.set(this.#lastId, resolve);
      this.connection.send({ type, id: this.#lastId, room: this.room });
    });
  }

  #join(): void {
    this.#lastId += 1;
    this.#joinId = this.#lastId;
    this.#staleAt = undefined;
    const since = this.#position === undefined ? {} : { since: this.#position };
    const presence = this.wantsPresence ? { presence: true } : {};
    this.connection.send({ type: 'join', id: this.#joinId, room: this.room, history: 0, ...since, ...presence });
  }

  #take(frame: WireServerFrame): void {
    switch (frame.type) {
      case 'welcome':
        this.#node = frame.node;
        return;
      case 'joined':
        if (frame.room !== this.room) return;
        this.#isLive = true;
        this.#isRejoining = false;
        this.#position = { epoch: frame.epoch, seq: frame.seq };
        this.log.joined({ ...this.#position, node: this.#node, recovered: frame.recovered });
        return;
      case 'message':
        if (frame.room === this.room) this.#takeMessage(frame.seq, frame.data);
        return;
      case 'reset':
        if (frame.room !== this.room) return;
        this.#position = { epoch: frame.epoch, seq: frame.seq };
        this.log.reset({ ...this.#position, recovered: frame.recovered });
        return;
      case 'stale':
      case 'fresh':
        if (frame.room === this.room) this.#takeStatus(frame.type);
        return;
      case 'member':
        this.memberChanges.push(`${frame.change} ${frame.user}`);
        return;
      case 'ack':
      case 'error':
        this.#takeAnswer(frame);
        return;
      default:
        return;
    }
  }

  #takeMessage(seq: number, data: unknown): void {
    if (this.#isRejoining) return;
    this.log.message(seq, payloadHash(data));
    if (this.#position !== undefined && seq > this.#position.seq) {
      this.#position = { epoch: this.#position.epoch, seq };
    }
  }

  #takeStatus(status: 'stale' | 'fresh'): void {
    this.log[status]();
    if (status === 'fresh') {
      this.#staleAt = undefined;
      return;
    }
    this.#staleAt = performance.now();
    this.#staleCount += 1;
  }

  #takeAnswer(frame: Extract<WireServerFrame, { type: 'ack' | 'error' }>): void {
    if (frame.type === 'error' && frame.id === this.#joinId) {
      setTimeout(() => {
        if (!this.#isLive && this.connection.isOpen) this.#join();
      }, JOIN_AGAIN_MS);
      return;
    }
    const id = Number(frame.id);
    this.#waiters.get(id)?.(frame);
    this.#waiters.delete(id);
  }
}
