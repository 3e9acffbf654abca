import { type Close, describeClose, retryOf } from '@outcry/endpoint';
import { CLOSE_CODES, type ProtocolError, type ReceivedFrame, Retry } from '@outcry/protocol';

import { Staleness, type StaleSpells } from '../check/staleness.ts';
import { monotonicMicros } from '../measure/clock.ts';
import { recordMicros } from '../measure/latencies.ts';
import type { Recorder } from '../measure/recorder.ts';
import type { Assignment } from '../plan/assignment.ts';
import { Connection, type ConnectionHandler } from './connection.ts';
import { retryDelayMs } from './retry-timer.ts';
import type { Link, Role } from './role.ts';

export interface LoadClientOptions {
  readonly urls: readonly string[];
  readonly assignment: Assignment;
  readonly token: string | undefined;
  readonly isInsecure: boolean;
  readonly role: Role;
  readonly recorder: Recorder;
}

type Welcome = Extract<ReceivedFrame, { type: 'welcome' }>;

/** Of a gateway that does not say. */
const DEFAULT_FRAMES_PER_SECOND = 50;

/** A client that keeps one connection, on one target after another, for as long as it is wanted. */
export class LoadClient implements Link, ConnectionHandler {
  readonly #options: LoadClientOptions;
  readonly #staleness = new Staleness();
  #lastId = 0;
  #user = '';
  #framesPerSecond = DEFAULT_FRAMES_PER_SECOND;
  #connection: Connection | undefined;
  #target: number;
  #retry: NodeJS.Timeout | undefined;
  #startedAt = 0;
  #isWelcome = false;
  #isWanted = false;
  #hasGivenUp = false;
  /** Where the client itself has ended the connection: when it comes back. */
  #backInMs: number | undefined;
  #reconnectInMs: number | undefined;

  constructor(options: LoadClientOptions) {
    this.#options = options;
    this.#target = options.assignment.firstUrl;
  }

  get target(): number {
    return this.#target;
  }

  get user(): string {
    return this.#user;
  }

  get framesPerSecond(): number {
    return this.#framesPerSecond;
  }

  /** Whether it has been started and not been stopped. */
  get isWanted(): boolean {
    return this.#isWanted;
  }

  /** Whether it was told not to come back. */
  get hasGivenUp(): boolean {
    return this.#hasGivenUp;
  }

  /** What it was told of being stale, up to now. */
  get staleSpells(): StaleSpells {
    return this.#staleness.spells(performance.now());
  }

  nextId(): number {
    this.#lastId++;
    return this.#lastId;
  }

  start(): void {
    this.#isWanted = true;
    this.#connect();
  }

  send(frame: Parameters<Link['send']>[0]): void {
    this.#connection?.send(frame);
  }

  pauseReading(): void {
    this.#connection?.pause();
  }

  resumeReading(): void {
    this.#connection?.resume();
  }

  /** Ends the connection, politely or not, and comes back on the next target after a while. */
  away({ forMs, isPolite }: { readonly forMs: number; readonly isPolite: boolean }): void {
    if (!this.#isWelcome) return;
    this.#backInMs = forMs;
    if (isPolite) this.#connection?.close();
    else this.#connection?.terminate();
  }

  /** Comes back at once, where the client is away. */
  comeBack(): void {
    if (this.#retry !== undefined) this.#connect();
    else if (this.#backInMs !== undefined) this.#backInMs = 0;
  }

  /** Ends for good. */
  stop(): void {
    this.#isWanted = false;
    clearTimeout(this.#retry);
    this.#connection?.terminate();
  }

  received(frame: ReceivedFrame, bytes: number): void {
    const { recorder, role } = this.#options;
    recorder.count('bytes', bytes);
    switch (frame.type) {
      case 'welcome':
        this.#welcome(frame);
        return;
      case 'draining':
        this.#reconnectInMs = frame.reconnectInMs;
        return;
      case 'lagging':
        recorder.count('lagging');
        return;
      case 'stale':
        this.#staleness.stale(subjectOf(frame), performance.now());
        return;
      case 'fresh':
        this.#staleness.fresh(subjectOf(frame), performance.now());
        return;
      case 'snapshot':
        // That of a book that is still stale is followed by another `stale`.
        this.#staleness.fresh(subjectOf(frame), performance.now());
        role.received(frame);
        return;
      case 'error':
        recorder.error(`error ${frame.code}: ${frame.message}`);
        role.received(frame);
        return;
      default:
        role.received(frame);
    }
  }

  misunderstood(error: ProtocolError): void {
    this.#options.recorder.error(`undecodable frame: ${error.message}`);
  }

  closed(close: Close): void {
    this.#connection = undefined;
    this.#staleness.lost(performance.now());
    if (this.#isWelcome) {
      this.#isWelcome = false;
      this.#options.recorder.connected(this.#target, -1);
      this.#options.role.closed();
    }
    if (!this.#isWanted) return;
    const waitMs = this.#backInMs ?? this.#waitAfter(close);
    this.#backInMs = undefined;
    this.#reconnectInMs = undefined;
    if (waitMs === undefined) {
      this.#hasGivenUp = true;
      return;
    }
    this.#target = (this.#target + 1) % this.#options.urls.length;
    this.#retry = setTimeout(() => {
      this.#connect();
    }, waitMs);
  }

  #connect(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    const { urls, assignment, token, isInsecure } = this.#options;
    this.#startedAt = monotonicMicros();
    const url = urls[this.#target] ?? '';
    this.#connection = new Connection({ url, encoding: assignment.encoding, token, isInsecure }, this);
  }

  #welcome({ user, maxFramesPerSecond = DEFAULT_FRAMES_PER_SECOND }: Welcome): void {
    const { recorder, role } = this.#options;
    this.#user = user;
    this.#framesPerSecond = maxFramesPerSecond === 0 ? Infinity : maxFramesPerSecond;
    this.#isWelcome = true;
    recorder.count('connects');
    recorder.connected(this.#target, 1);
    recordMicros(recorder.connect, monotonicMicros() - this.#startedAt);
    role.opened(this);
  }

  /** Undefined: not at all. A slow reader is meant to be sent away; anything else is an error of the deployment. */
  #waitAfter(close: Close): number | undefined {
    const { recorder, assignment } = this.#options;
    if (assignment.isSlow && close.code === CLOSE_CODES.slowConsumer.code) recorder.count('evicted');
    else recorder.error(describeClose(close));
    switch (retryOf(close)) {
      case Retry.Never:
        return undefined;
      case Retry.Now:
        return 0;
      case Retry.Wait:
        return this.#reconnectInMs ?? retryDelayMs();
    }
  }
}

/** Books and rooms have names of their own kinds. */
function subjectOf({ room, symbol }: { readonly room?: string; readonly symbol?: string }): string {
  return room === undefined ? `book ${symbol ?? ''}` : `room ${room}`;
}
