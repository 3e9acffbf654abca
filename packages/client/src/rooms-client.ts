import { ALL_ROOM, inboxOf, type Position } from '@outcry/protocol';

import { Broadcast } from './primitives/broadcast.ts';
import { expectType } from './connection/answers.ts';
import { callSafely } from './primitives/call-safely.ts';
import { check, FUNCTION, takeOptions } from './primitives/check.ts';
import { Driver } from './connection/driver.ts';
import { type Environment, PLATFORM } from './connection/environment.ts';
import { OutcryError } from './primitives/errors.ts';
import { type ConnectOptions, toSettings, toUrl } from './connection/options.ts';
import { CIPHER, type PayloadCipher } from './payloads/payload-pipe.ts';
import { toPayload } from './payloads/to-payload.ts';
import { publish, PUBLISH_RULES, type PublishOptions } from './publish.ts';
import { Room, ROOM_RULES, type RoomOptions, type RoomParts } from './room.ts';
import type { ClientStatus } from './core/status.ts';

/** How one direct message is sent. */
export interface SendOptions extends PublishOptions {
  /** Seals the message end to end; the receiver's inbox needs the same keys. */
  readonly encryption?: PayloadCipher | undefined;
}

/** A room, or what else is open as long as the client is. */
export interface Closable {
  end(error: OutcryError | undefined): void;
}

type Opening<In, Out> = Pick<RoomParts<In, Out>, 'name' | 'joined'> & { readonly options?: RoomOptions<In, Out> };

/** Statuses are few; one that reads none of so many wants the latest only. */
const MAX_BUFFERED_STATUSES = 100;

/** One session with a cluster of gateways, kept up until it is closed: rooms, and where it stands. */
export class RoomsClient {
  protected readonly driver: Driver;
  readonly #open = new Map<string, Closable>();
  readonly #statuses = new Broadcast<ClientStatus>({ maxItems: MAX_BUFFERED_STATUSES, conflate: (latest) => latest });
  #status: ClientStatus = { state: 'connecting' };
  #onRoom: ((room: Room) => void) | undefined;

  /** Use `connect`. An environment of one's own is for tests. */
  constructor(url: string | URL, options: ConnectOptions = {}, environment: Environment = PLATFORM) {
    this.driver = new Driver({
      url: toUrl(url),
      settings: toSettings(options),
      environment,
      onStatus: (status) => {
        this.#setStatus(status);
      },
      onOpened: (joined) => {
        const { room: name } = joined.frame;
        const what = nameOf(name);
        if (!this.#open.has(what)) this.#onRoom?.(this.#openRoom(what, { name, joined }));
      },
    });
    this.driver.step((machine, now) => {
      machine.start(now);
    });
  }

  /** Where the client stands now. */
  get status(): ClientStatus {
    return this.#status;
  }

  /** The status now, and every change of it. Ends when the client is closed. */
  statuses(): AsyncIterableIterator<ClientStatus> {
    const statuses = this.#statuses.read();
    if (this.#status.state !== 'closed') statuses.push(this.#status);
    return statuses;
  }

  /** Joins a room for as long as the client lives, or until `leave`. */
  join<In = unknown, Out = In>(name: string, options: RoomOptions<In, Out> = {}): Room<In, Out> {
    check('room', name, 'room');
    return this.#openRoom(nameOf(name), { name, options });
  }

  /**
   * Calls back with each room that the operator's server puts this client into, once until it is left. It is joined already, its
   * messages wait for the first iteration, and it resumes as others do. A room that is open is not called back with, and one that
   * comes while there is no handler is passed over.
   */
  onRoom(handler: (room: Room) => void): void {
    check('handler', handler, FUNCTION);
    this.#onRoom = handler;
  }

  /** This user's direct messages. */
  inbox<In = unknown, Out = In>(options: RoomOptions<In, Out> = {}): Room<In, Out> {
    return this.#openRoom('the inbox', { name: undefined, options });
  }

  /** What the server tells everybody. */
  announcements<In = unknown, Out = In>(options: RoomOptions<In, Out> = {}): Room<In, Out> {
    return this.#openRoom('the room of announcements', { name: ALL_ROOM, options });
  }

  /**
   * Sends a direct message: publishes to a user's inbox, in the order of calls. Resolves and rejects as `room.publish`.
   */
  async send(user: string, data: unknown, options: SendOptions = {}): Promise<Position> {
    check('user', user, 'user');
    const { encryption, ...taken } = takeOptions(options, { ...PUBLISH_RULES, encryption: CIPHER });
    const inbox = inboxOf(user);
    return publish(this.driver, { payload: toPayload(data), encryption, name: inbox, lane: inbox }, taken);
  }

  /** Says something in passing to a user, such as `typing`: a signal to the inbox. It goes out now or never; whether it did. */
  signal(user: string, name: string): boolean {
    check('user', user, 'user');
    check('name', name, 'name');
    return this.driver.signal((id) => ({ type: 'signal', id, room: inboxOf(user), name }));
  }

  /**
   * Asks the operator's own server for something, and resolves with what it answers; null where that is nothing. A call that went
   * out is not repeated: it may have had an effect.
   *
   * @throws OutcryError with `mayBeStored` where nobody can know whether it had
   */
  async call(method: string, data: unknown = null): Promise<unknown> {
    check('method', method, 'name');
    const payload = toPayload(data);
    const answer = await this.driver.request((id) => ({ type: 'call', id, method, data: payload }), {
      timeoutMs: this.driver.settings.requestTimeoutMs,
      isRepeatable: false,
      isCall: true,
    });
    return expectType(answer, 'reply').data ?? null;
  }

  /** Milliseconds to the gateway and back. */
  async ping(): Promise<number> {
    const { environment, settings } = this.driver;
    const begunAt = environment.now();
    await this.driver.request((id) => ({ type: 'ping', id }), {
      timeoutMs: settings.requestTimeoutMs,
      isRepeatable: false,
    });
    return environment.now() - begunAt;
  }

  /** Begins the next attempt now, or asks the gateway whether it is there: for those who see a page waiting. */
  tryNow(): void {
    this.driver.step((machine, now) => {
      machine.nudge('asked', now);
    });
  }

  /**
   * The clock of this client: milliseconds that never jump, close to Unix time. What this client tells a time by (`retryAt`)
   * and how long something took are measured with it; `Date.now()` may be hours off, and may move.
   */
  now(): number {
    return this.driver.environment.now();
  }

  /**
   * The cluster's time now, in Unix milliseconds, by what gateways have said: what `at` of a message or a book is compared with.
   * As exact as the quickest frame was quick. Before the first connection it is `now()`.
   */
  serverNow(): number {
    return Math.round(this.now() + this.driver.machine.link.clockOffsetMs);
  }

  /** For good: iterations end, and what waits for an answer is rejected as `closed`. */
  close(): void {
    this.driver.step((machine) => {
      machine.close();
    });
  }

  /** Opens what is not open yet; `build` is given what to call once it is closed. */
  protected open<T extends Closable>(what: string, build: (onClosed: () => void) => T): T {
    if (this.#status.state === 'closed') throw this.#status.error ?? new OutcryError('closed', 'the client is closed');
    if (this.#open.has(what)) {
      throw new OutcryError('alreadyOpen', `${what} is open already: use what opened it, or leave it first`);
    }
    const opened = build(() => {
      this.#open.delete(what);
    });
    this.#open.set(what, opened);
    return opened;
  }

  #openRoom<In, Out>(what: string, { options = {}, ...parts }: Opening<In, Out>): Room<In, Out> {
    const taken = takeOptions(options, ROOM_RULES);
    return this.open(what, (onLeft) => new Room<In, Out>({ driver: this.driver, ...parts, options: taken, onLeft }));
  }

  #setStatus(status: ClientStatus): void {
    this.#status = status;
    this.#statuses.push(status);
    callSafely(() => {
      this.driver.settings.onStatus?.(status);
    });
    if (status.state === 'closed') this.#end(status.error);
  }

  #end(error: OutcryError | undefined): void {
    for (const open of [...this.#open.values()]) open.end(error);
    this.#open.clear();
    this.#statuses.end();
  }
}

/** What an open room is known by, and called in an error. */
function nameOf(room: string): string {
  return `the room ${JSON.stringify(room)}`;
}
