import { type ClientCodec, type ClientFrame, createClientCodec, type SendableFrame } from '@outcry/protocol';

import { callSafely } from '../primitives/call-safely.ts';
import type { Effect, Joined } from '../core/effects.ts';
import { Machine } from '../core/machine.ts';
import type { Answer } from '../core/answer.ts';
import type { EncodedRequest } from '../core/request.ts';
import type { RoomState } from '../core/room-state.ts';
import type { Environment } from './environment.ts';
import { OutcryError } from '../primitives/errors.ts';
import { checkToken, type Settings, type TokenSource } from './options.ts';
import type { ClientStatus } from '../core/status.ts';
import { Sockets } from './sockets.ts';

/** A request with its id, in the name of a user. */
type BuildRequest = (id: number, user: string) => ClientFrame<unknown> | Promise<ClientFrame<unknown>>;

export interface RequestOptions {
  /** It waits until this room is joined. */
  readonly room?: RoomState;
  /** It does not overtake what was asked before it on the same lane. */
  readonly lane?: string;
  readonly timeoutMs: number;
  readonly isRepeatable?: boolean;
  readonly isPublish?: boolean;
  readonly isCall?: boolean;
  /** Until when it does not go out, or whose failure is its own. */
  readonly check?: Promise<void> | undefined;
}

interface EntryOptions extends RequestOptions {
  readonly encode: (id: number) => EncodedRequest | undefined;
  readonly encodeFor: (id: number, user: string) => void;
}

export interface DriverOptions {
  readonly url: string;
  readonly settings: Settings;
  readonly environment: Environment;
  readonly onStatus: (status: ClientStatus) => void;
  /** The operator's server has put this client into a room. */
  readonly onOpened: (joined: Joined) => void;
}

const utf8 = new TextEncoder();

/** Lets the machine act: tells it of sockets, time and tokens, and does what it wants done, in order. */
export class Driver {
  readonly machine: Machine;
  readonly #options: DriverOptions;
  readonly #codec: ClientCodec;
  readonly #stopWatching: () => void;
  readonly #sockets: Sockets;
  #tokenAbort: AbortController | undefined;
  #cancelAlarm: (() => void) | undefined;
  #alarmAt = Infinity;
  #isPerforming = false;

  constructor(options: DriverOptions) {
    const { settings, environment } = options;
    this.#options = options;
    this.#codec = createClientCodec(settings.encoding);
    this.machine = new Machine({
      ...settings,
      maxRequests: settings.maxPendingRequests,
      hasToken: settings.token !== undefined,
      canRefresh: typeof settings.token === 'function',
      random: () => environment.random(),
    });
    this.#sockets = new Sockets({
      ...options,
      codec: this.#codec,
      step: (happen) => {
        this.step(happen);
      },
    });
    this.#stopWatching = environment.watch((change) => {
      this.step((machine, now) => {
        machine.nudge(change, now);
      });
    });
  }

  get environment(): Environment {
    return this.#options.environment;
  }

  get settings(): Settings {
    return this.#options.settings;
  }

  /** Lets something happen to the machine, and does what follows from it. */
  step(happen: (machine: Machine, now: number) => void): void {
    happen(this.machine, this.environment.now());
    // What is called back may let more happen; the loop below it does that, too, behind what it is at.
    if (this.#isPerforming) return;
    this.#isPerforming = true;
    try {
      for (let effects = this.machine.takeEffects(); effects.length > 0; effects = this.machine.takeEffects()) {
        for (const effect of effects) {
          // What is called back or handed in may throw; the effects behind it are due all the same.
          callSafely(() => {
            this.#perform(effect);
          });
        }
      }
    } finally {
      this.#isPerforming = false;
    }
    this.#setAlarm();
  }

  /**
   * Sends a request as soon as it can be sent, and resolves with its answer.
   *
   * @throws OutcryError `invalidData` where it cannot be encoded
   */
  request(build: (id: number) => ClientFrame<unknown>, options: RequestOptions): Promise<Answer> {
    return this.#enter({ ...options, encode: (id) => this.#toRequest(build(id)), encodeFor: () => undefined });
  }

  /** The same of one that is another for each user: it is built when there is a connection, and takes its time then. */
  requestAs(build: BuildRequest, options: RequestOptions): Promise<Answer> {
    const encodeFor = (id: number, user: string): void => {
      void this.#encodeFor(id, user, build);
    };
    return this.#enter({ ...options, encode: () => undefined, encodeFor });
  }

  /** A request has its place, its time limit and its share of what may wait from now on, whatever has to be known before it can go. */
  #enter({ encode, encodeFor, timeoutMs, check, ...options }: EntryOptions): Promise<Answer> {
    const { room, lane, isRepeatable = true, isPublish = false, isCall = false } = options;
    return new Promise((resolve, reject) => {
      this.step((machine, now) => {
        const id = machine.nextId();
        machine.request(
          {
            ...{ id, encoded: encode(id), isUnchecked: check !== undefined, room, lane },
            ...{ isRepeatable, isPublish, isCall, deadlineAt: now + timeoutMs, resolve, reject },
            encodeFor: (user) => {
              encodeFor(id, user);
            },
          },
          now,
        );
        check?.then(
          () => {
            this.step((then, at) => {
              then.handleChecked(id, at);
            });
          },
          (error: unknown) => {
            this.#refuse(id, error);
          },
        );
      });
    });
  }

  async #encodeFor(id: number, user: string, build: BuildRequest): Promise<void> {
    try {
      const encoded = this.#toRequest(await build(id, user));
      this.step((machine, now) => {
        machine.handleEncoded(id, { user, encoded }, now);
      });
    } catch (error) {
      this.#refuse(id, error);
    }
  }

  #refuse(id: number, cause: unknown): void {
    const isOurs = cause instanceof OutcryError;
    const error = isOurs ? cause : new OutcryError('invalidData', 'the payload could not be made ready', { cause });
    this.step((machine, now) => {
      machine.refuse(id, error, now);
    });
  }

  /**
   * Sends what needs no answer, now or never; whether it was sent. Its id keeps an error to it from being taken for another's.
   *
   * @throws OutcryError `tooBig` where it has more bytes than the gateway takes
   */
  signal(build: (id: number) => ClientFrame<unknown>, room?: RoomState): boolean {
    let wasSent = false;
    this.step((machine, now) => {
      wasSent = machine.signal(room, this.#toRequest(build(machine.nextId())), now);
    });
    return wasSent;
  }

  #toRequest(frame: ClientFrame<unknown>): EncodedRequest {
    const encoded = this.#encode(frame);
    return { frame: encoded, bytes: typeof encoded === 'string' ? utf8.encode(encoded).length : encoded.length };
  }

  #encode(frame: ClientFrame<unknown>): SendableFrame {
    try {
      return this.#codec.encodeClient(frame);
    } catch (cause) {
      throw new OutcryError('invalidData', 'the payload has a value that cannot be sent', { cause });
    }
  }

  #perform(effect: Effect): void {
    switch (effect.kind) {
      case 'fetchToken':
        this.#fetchToken(effect.ticket);
        return;
      case 'openSocket':
        this.#sockets.open(effect.socket, effect.token);
        return;
      case 'dropSocket':
        this.#sockets.drop(effect.socket);
        return;
      case 'send':
        this.#send(effect.socket, effect.frame);
        return;
      case 'status':
        if (effect.status.state === 'closed') this.#stop();
        this.#options.onStatus(effect.status);
        return;
      case 'resolve':
        effect.request.resolve(effect.answer);
        return;
      case 'reject':
        effect.request.reject(effect.error);
        return;
      case 'encode':
        effect.request.encodeFor(effect.user);
        return;
      case 'room':
        effect.room.listener(effect.news);
        return;
      case 'opened':
        this.#options.onOpened(effect.joined);
        return;
      case 'book':
        effect.book.listener(effect.news);
        return;
    }
  }

  #fetchToken(ticket: number): void {
    const { token } = this.settings;
    this.#tokenAbort?.abort();
    const abort = new AbortController();
    this.#tokenAbort = abort;
    const fetched = typeof token === 'function' ? ask(token, abort.signal) : Promise.resolve(token);
    fetched.then(
      (value) => {
        this.step((machine, now) => {
          machine.handleToken(ticket, value, now);
        });
      },
      (error: unknown) => {
        this.step((machine, now) => {
          machine.handleTokenFailure(ticket, error, now);
        });
      },
    );
  }

  #send(socket: number, frame: ClientFrame<unknown> | SendableFrame): void {
    let encoded: SendableFrame;
    try {
      encoded = typeof frame === 'string' || frame instanceof Uint8Array ? frame : this.#encode(frame);
    } catch (error) {
      this.#refuseFrame(socket, frame as ClientFrame<unknown>, error as Error);
      return;
    }
    this.#sockets.send(socket, encoded);
  }

  /** What cannot be encoded is refused as the gateway would refuse it, so that nobody waits for an answer. */
  #refuseFrame(socket: number, frame: ClientFrame<unknown>, { message }: Error): void {
    const id = 'id' in frame ? { id: frame.id } : {};
    this.step((machine, now) => {
      machine.handleFrame(socket, { type: 'error', ...id, code: 'badRequest', message, retryable: false }, now);
    });
  }

  /** An alarm that comes too early does nothing but set the next, which is cheaper than a new timer for every frame. */
  #setAlarm(): void {
    const alarmAt = this.machine.nextAlarmAt;
    if (alarmAt !== Infinity && this.#alarmAt <= alarmAt) return;
    this.#cancelAlarm?.();
    this.#cancelAlarm = undefined;
    this.#alarmAt = alarmAt;
    if (alarmAt === Infinity) return;
    const delayMs = Math.max(0, Math.ceil(alarmAt - this.environment.now()));
    this.#cancelAlarm = this.environment.schedule(() => {
      this.#alarmAt = Infinity;
      this.#cancelAlarm = undefined;
      this.step((machine, now) => {
        machine.handleAlarm(now);
      });
    }, delayMs);
  }

  #stop(): void {
    this.#stopWatching();
    this.#tokenAbort?.abort();
  }
}

/** Also a source that throws at once is one that failed, and one that gives what cannot be a token. */
async function ask(source: TokenSource, signal: AbortSignal): Promise<string | undefined> {
  const token: unknown = await source({ signal });
  if (token === undefined || token === null) return undefined;
  checkToken(token);
  return token;
}
