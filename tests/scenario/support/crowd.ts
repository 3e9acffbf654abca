import { type Client, connect, encryptWith, keyFromBytes, type Room } from '@outcry/client';
import { WebSocket } from 'ws';

import { eventually } from '../../support/eventually.ts';

/** Offered by clients that can move. */
const CAN_MOVE = 'outcry.move';
/** One room is encrypted. */
const CIPHER = encryptWith({ current: await keyFromBytes('key', new Uint8Array(32)) });
/** Clients that connect at once in the beginning. */
const AT_ONCE = 100;
const TICK_MS = 10;
const PRESENCE_DEADLINE_MS = 30_000;

const userOf = (client: number): string => `user-${String(client)}`;

export interface CrowdOptions {
  readonly rooms: number;
  readonly clientsPerRoom: number;
  /** Messages a second, of all rooms. */
  readonly rate: number;
  /** Whether a client of this number can move, or knows 1012 only. */
  readonly canMove: (client: number) => boolean;
  /** Where a connection goes that is made now. */
  readonly nextUrl: () => string;
  /** What a client of this number comes with, where its name is not enough. */
  readonly tokenOf?: (client: number) => string;
  /** Numbers begin anew with each crowd, so one that comes later needs other rooms. */
  readonly roomPrefix?: string;
}

/** What one client has seen. */
export class Dweller {
  readonly client: Client;
  readonly room: Room<number>;
  /** Numbers that came again, or too early. */
  doubled = 0;
  /** Numbers that never came. */
  lost = 0;
  received = 0;
  /** The longest that its room was away, in milliseconds. */
  longestAwayMs = 0;
  /** The longest that a message took from the gateway that took it to here. */
  longestWayMs = 0;
  /** Gaps, failures, and whoever came or went. */
  readonly surprises: string[] = [];
  lastNumber = 0;
  /** Users in its room, where it watches that. */
  members = 0;
  #awayAt = 0;

  constructor(client: Client, name: string, isWatcher: boolean) {
    this.client = client;
    this.room = client.join<number>(name, {
      encryption: name.endsWith('-0') ? CIPHER : undefined,
      presence: isWatcher,
      onEvent: (event) => {
        if (event.type === 'message') this.#receive(event.data, event.at);
        else if (event.type === 'away') this.#awayAt = performance.now();
        else if (event.type === 'joined') this.#return(event.memberCount);
        else if (event.type === 'member') this.#count(`${event.user} ${event.change}`, event.count);
        else this.surprises.push(event.type);
      },
    });
  }

  #receive(number: number, at: number): void {
    this.received += 1;
    this.longestWayMs = Math.max(this.longestWayMs, Date.now() - at);
    if (number <= this.lastNumber) this.doubled += 1;
    else this.lost += number - this.lastNumber - 1;
    this.lastNumber = Math.max(this.lastNumber, number);
  }

  #count(change: string, members: number): void {
    this.surprises.push(change);
    this.members = members;
  }

  #return(members = 0): void {
    this.members = members;
    if (this.#awayAt > 0) this.longestAwayMs = Math.max(this.longestAwayMs, performance.now() - this.#awayAt);
    this.#awayAt = 0;
  }
}

/** Clients in rooms, by way of the client library: the first of each room numbers what it publishes there. */
export class Crowd implements Disposable {
  readonly dwellers: Dweller[] = [];
  /** When each connection was begun, by `performance.now()`. */
  readonly connects: number[] = [];
  readonly failures: unknown[] = [];
  readonly #options: CrowdOptions;
  readonly #published: number[];
  readonly #waiting = new Set<Promise<unknown>>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: CrowdOptions) {
    this.#options = options;
    this.#published = Array.from({ length: options.rooms }, () => 0);
  }

  /** Resolves when all are in their rooms, and those who watch that have been told. */
  async enter(): Promise<void> {
    const { rooms, clientsPerRoom } = this.#options;
    for (let i = 0; i < rooms * clientsPerRoom; i += AT_ONCE) {
      const count = Math.min(AT_ONCE, rooms * clientsPerRoom - i);
      const comers = Array.from({ length: count }, (_, k) => this.#open(i + k));
      await Promise.all(comers.map(({ room }) => room.joined));
    }
    const watchers = this.dwellers.slice(0, rooms);
    await eventually(() => watchers.every(({ members }) => members === clientsPerRoom), {
      deadlineMs: PRESENCE_DEADLINE_MS,
      describe: () => `members: ${watchers.map(({ members }) => members).join()}`,
    });
    for (const { surprises } of watchers) surprises.length = 0;
  }

  /** As many messages as the rate says, room after room. */
  startPublishing(): void {
    const { rate, rooms } = this.#options;
    const startedAt = performance.now();
    let sent = 0;
    this.#timer = setInterval(() => {
      for (const due = ((performance.now() - startedAt) * rate) / 1000; sent < due; sent += 1) {
        this.#publish(sent % rooms);
      }
    }, TICK_MS);
  }

  /** So many connections have been begun by each client. */
  readonly attempts: number[] = [];

  /** Resolves when each message has its place. */
  async stopPublishing(): Promise<void> {
    clearInterval(this.#timer);
    while (this.#waiting.size > 0) await Promise.all(this.#waiting);
  }

  /** How many are short of something that was published. */
  get unfinished(): number {
    return this.dwellers.filter(({ lastNumber }, i) => lastNumber < (this.#published[this.#roomOf(i)] ?? 0)).length;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    for (const { client } of this.dwellers) client.close();
  }

  #open(i: number): Dweller {
    const { canMove, nextUrl, tokenOf = userOf, roomPrefix = 'room-' } = this.#options;
    const client = connect('ws://cluster/ws', {
      token: tokenOf(i),
      webSocket: (_, protocols) => {
        this.connects.push(performance.now());
        this.attempts[i] = (this.attempts[i] ?? 0) + 1;
        return new WebSocket(nextUrl(), canMove(i) ? protocols : protocols.filter((name) => name !== CAN_MOVE));
      },
    });
    const dweller = new Dweller(client, `${roomPrefix}${String(this.#roomOf(i))}`, i < this.#options.rooms);
    this.dwellers.push(dweller);
    return dweller;
  }

  #roomOf(i: number): number {
    return i % this.#options.rooms;
  }

  #publish(roomNumber: number): void {
    const number = (this.#published[roomNumber] ?? 0) + 1;
    this.#published[roomNumber] = number;
    const sent = this.dwellers[roomNumber]?.room.publish(number);
    if (sent === undefined) return;
    const settled = sent
      .catch((error: unknown) => this.failures.push(error))
      .finally(() => this.#waiting.delete(settled));
    this.#waiting.add(settled);
  }
}
