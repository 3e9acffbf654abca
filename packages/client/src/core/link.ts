import { type ClientFrame, type ReceivedFrame, Retry } from '@outcry/protocol';

import { messageOf, OutcryError } from '../primitives/errors.ts';
import type { ClientStatus } from './status.ts';
import { backoffMs, type BackoffOptions } from './backoff.ts';
import type { Emit } from './effects.ts';
import { Heartbeat } from './heartbeat.ts';
import { LeastDelay } from './least-delay.ts';
import { judgeLoss, type SocketLoss } from './loss.ts';
import { Pacer } from './pacer.ts';
import { isSubprotocolToken, TokenRefresh } from './token-refresh.ts';

type Frame<T extends ReceivedFrame['type']> = Extract<ReceivedFrame, { type: T }>;

export interface LinkOptions {
  readonly backoff: BackoffOptions;
  /** From the first step of an attempt to `welcome`, or to the answer to `auth`. */
  readonly connectTimeoutMs: number;
  /** Silence after which the gateway is asked whether it is there. */
  readonly pingAfterMs: number;
  /** How long the answer to that may take. */
  readonly pongTimeoutMs: number;
  readonly hasToken: boolean;
  /** The token can be had anew, so it is refreshed before it expires. */
  readonly canRefresh: boolean;
  readonly maxFramesPerSecond?: number | undefined;
  readonly random: () => number;
}

export interface LinkParts extends LinkOptions {
  /** Of requests. */
  readonly nextId: () => number;
  /** Of sockets and of questions for tokens, whosever they are. */
  readonly nextTicket: () => number;
  /** Whether the client may go on elsewhere: where its gateway stays, it is only to have fewer. */
  readonly mayMove: (stays: boolean, now: number) => boolean;
}

type Phase =
  | { readonly name: 'idle' }
  | { readonly name: 'fetching' | 'opening' | 'authenticating'; readonly deadlineAt: number }
  | { readonly name: 'live'; readonly since: number }
  | { readonly name: 'waiting'; readonly retryAt: number }
  | { readonly name: 'closed' };

/** Only a connection that held this long starts the backoff anew: a gateway may welcome and then send away. */
const STEADY_MS = 10_000;
/** `lagging` is said once, and where nothing was held back nothing says that it is over. */
const LAGGING_SHOWN_MS = 5_000;
/** Clients that a network brings back together do not connect in the same instant. */
const ONLINE_SPREAD_MS = 250;

/**
 * Why not to wait any longer.
 *
 * - `online`: there may be another network, so whatever failed before says nothing
 * - `offline`: there may be none
 * - `seen`: somebody looks at the page again
 * - `asked`: somebody wants it
 */
export type Nudge = 'online' | 'offline' | 'seen' | 'asked';

/** The connection: made, kept up, watched for silence, and made again as the close codes allow. */
export class Link {
  readonly #emit: Emit;
  readonly #options: LinkParts;
  readonly #refresh: TokenRefresh;
  readonly #heartbeat: Heartbeat;
  /** What may be sent, and when. */
  readonly pacer: Pacer;
  /** What is said before anything else. */
  readonly farewells: ClientFrame<unknown>[] = [];
  /** From the gateway to here. */
  readonly #delay = new LeastDelay();
  #phase: Phase = { name: 'idle' };
  #socket = 0;
  #token: string | undefined;
  /** Attempts that have failed since the loss. */
  #attempt = 0;
  /** How often the wait has doubled. */
  #step = 0;
  #error: OutcryError | undefined;
  #welcome: Frame<'welcome'> | undefined;
  #user = '';
  #authId = 0;
  #laggingUntil = 0;
  /** What the status says of that; the welcome of the next connection is the first to say otherwise. */
  #wasLate = false;
  #drainMs: number | undefined;
  /** When another connection is to be made, which takes the place of this one. */
  movesAt = Infinity;

  constructor(emit: Emit, options: LinkParts) {
    this.#emit = emit;
    this.#options = options;
    this.#refresh = new TokenRefresh(emit, options.nextTicket);
    this.#heartbeat = new Heartbeat(options.pongTimeoutMs);
    this.pacer = new Pacer(options.maxFramesPerSecond);
  }

  get socket(): number {
    return this.#socket;
  }

  get user(): string {
    return this.#user;
  }

  isLive(): boolean {
    return this.#phase.name === 'live';
  }

  get isClosed(): boolean {
    return this.#phase.name === 'closed';
  }

  /** Why the link is closed, or why it is not live; undefined where nothing went wrong. */
  get error(): OutcryError | undefined {
    return this.#error;
  }

  /** What the gateway has said of itself and of its limits, the last time. */
  get welcome(): Frame<'welcome'> | undefined {
    return this.#welcome;
  }

  /** What comes was sent seconds ago; undefined while that is being found out. */
  get isLate(): boolean | undefined {
    return this.#heartbeat.verdict;
  }

  /** The gateway's clock ahead of this one's, but for the shortest way from there; 0 before the first connection. */
  get clockOffsetMs(): number {
    return -(this.#delay.ms ?? 0);
  }

  get nextAlarmAt(): number {
    const phase = this.#phase;
    switch (phase.name) {
      case 'idle':
      case 'closed':
        return Infinity;
      case 'fetching':
      case 'opening':
      case 'authenticating':
        return phase.deadlineAt;
      case 'waiting':
        return phase.retryAt;
      case 'live': {
        const lagging = this.#laggingUntil > 0 ? this.#laggingUntil : Infinity;
        const { lostAt, measureAt } = this.#heartbeat;
        const askAt = this.#heartbeat.askAt(this.#pingAfterMs);
        return Math.min(lostAt, askAt, measureAt, lagging, this.#refresh.nextAlarmAt);
      }
    }
  }

  /** What a socket still says after it has been given up is not heard. */
  isCurrent(socket: number): boolean {
    const { name } = this.#phase;
    return socket === this.#socket && (name === 'opening' || name === 'authenticating' || name === 'live');
  }

  start(now: number): void {
    this.#try(now);
  }

  /** The current socket is open. A token that the handshake could not carry comes before anything else. */
  handleOpen(now: number): void {
    if (this.#needsAuthFrame) this.#authenticate(now);
  }

  /** Without a token, whoever gives them has said that nobody is logged in any more. */
  handleToken(ticket: number, token: string | undefined, now: number): void {
    if (!this.#refresh.isCurrent(ticket)) return;
    this.#refresh.fetched();
    if (token === undefined) {
      this.#giveUp(new OutcryError('unauthenticated', 'logged out: the token function gave none'));
      return;
    }
    this.#token = token;
    if (this.#phase.name === 'fetching') this.#open(now);
    else if (this.#phase.name === 'live') this.#authenticate(now);
  }

  handleTokenFailure(ticket: number, cause: unknown, now: number): void {
    if (!this.#refresh.isCurrent(ticket)) return;
    this.#refresh.fetched();
    if (this.#phase.name === 'fetching') {
      const message = `there was no token to be had: ${messageOf(cause)}`;
      this.#fail(new OutcryError('unauthenticated', message, { cause, isRetryable: true }), now);
    } else {
      this.#refresh.failed(now);
    }
  }

  /** No socket can be had here, now or later. */
  handleNoSocket(cause: unknown): void {
    this.#end(new OutcryError('noSocket', `no WebSocket could be opened: ${messageOf(cause)}`, { cause }));
  }

  /** What a frame says of the connection. One of a type that is not known tells at least that the gateway is there. */
  handleFrame(frame: ReceivedFrame | undefined, now: number): void {
    this.#heartbeat.heard(now);
    this.#showLateness();
    switch (frame?.type) {
      case 'pong':
        this.#delay.see(frame.at, now);
        if (frame.id !== undefined) return;
        this.#heartbeat.ponged(now);
        this.#showLateness();
        return;
      case 'welcome':
        this.#greet(frame, now);
        return;
      case 'draining':
        if (frame.openForMs !== undefined && this.#options.mayMove(frame.stays === true, now)) {
          this.movesAt = now + frame.reconnectInMs;
        }
        if (frame.stays === true) return;
        this.#drainMs = frame.reconnectInMs;
        this.tellStatus();
        return;
      case 'lagging':
        this.#laggingUntil = now + LAGGING_SHOWN_MS;
        this.tellStatus();
        return;
      case 'ack':
      case 'error':
        if (frame.id === this.#authId) this.#takeAuthAnswer(frame, now);
        return;
      default:
      // For rooms, books and requests.
    }
  }

  /** What is held back from a client that lags comes when it has read what was sent before. */
  handleCaughtUp(): void {
    if (this.#laggingUntil === 0) return;
    this.#laggingUntil = 0;
    this.tellStatus();
  }

  handleAlarm(now: number): void {
    if (now < this.nextAlarmAt) return;
    switch (this.#phase.name) {
      case 'waiting':
        this.#try(now);
        return;
      case 'fetching':
      case 'opening':
      case 'authenticating':
        this.#timeOut(now);
        return;
      case 'live':
        this.#watch(now);
        return;
      case 'idle':
      case 'closed':
        return;
    }
  }

  /** Something came later than it should: the connection is late, until an answer to a ping says that it is not. */
  suspect(now: number): void {
    this.#heartbeat.suspect(now);
    this.#showLateness();
  }

  /** A connection is always asked: what was heard before says nothing of now. */
  nudge(why: Nudge, now: number): void {
    const phase = this.#phase;
    if (why === 'online' || why === 'asked') this.#step = 0;
    if (phase.name === 'live') {
      this.#heartbeat.doubt(now);
      this.#ask(now);
    } else if (phase.name === 'waiting' && why === 'online') {
      const retryAt = Math.min(phase.retryAt, now + this.#options.random() * ONLINE_SPREAD_MS);
      this.#phase = { name: 'waiting', retryAt };
      this.tellStatus();
    } else if (phase.name === 'waiting' && why !== 'offline') {
      this.#try(now);
    }
  }

  /** The current socket has ended. */
  lose(loss: SocketLoss, now: number): void {
    const { retry, error } = judgeLoss(loss, this.#options.canRefresh);
    if (retry === Retry.Never) this.#end(error);
    else {
      this.#drainMs ??= turnOf(loss.cause, this.#options.random);
      this.#fail(error, now, retry);
    }
  }

  close(): void {
    this.#giveUp(undefined);
  }

  get #pingAfterMs(): number {
    return Math.min(this.#options.pingAfterMs, this.#welcome?.heartbeatMs ?? Infinity);
  }

  #try(now: number): void {
    const { hasToken, connectTimeoutMs } = this.#options;
    this.#phase = { name: 'fetching', deadlineAt: now + connectTimeoutMs };
    this.tellStatus();
    if (hasToken) this.#refresh.fetch(now);
    else this.#open(now);
  }

  #open(now: number): void {
    this.#socket = this.#options.nextTicket();
    this.#heartbeat.begin(now);
    this.#phase = { name: 'opening', deadlineAt: now + this.#options.connectTimeoutMs };
    this.#emit({ kind: 'openSocket', socket: this.#socket, token: this.#needsAuthFrame ? undefined : this.#token });
  }

  #greet(frame: Frame<'welcome'>, now: number): void {
    if (this.#phase.name !== 'opening') return;
    this.#welcome = frame;
    this.#user = frame.user;
    this.#delay.forget();
    this.#delay.see(frame.at, now);
    this.#refresh.begin(this.clockOffsetMs);
    this.#expect(frame.expiresAt, now);
    if (this.#needsAuthFrame) {
      this.#phase = { name: 'authenticating', deadlineAt: now + this.#options.connectTimeoutMs };
    } else {
      this.#goLive(now);
    }
  }

  get #needsAuthFrame(): boolean {
    return this.#token !== undefined && !isSubprotocolToken(this.#token);
  }

  /** A token that cannot be had anew is used until the gateway takes it no more. */
  #expect(expiresAt: number | undefined, now: number): void {
    this.#refresh.answered(this.#options.canRefresh ? expiresAt : undefined, now);
  }

  #goLive(now: number): void {
    this.#phase = { name: 'live', since: now };
    this.#error = undefined;
    this.farewells.length = 0;
    if (this.#welcome !== undefined) this.pacer.begin(this.#welcome, now);
    this.tellStatus();
  }

  #authenticate(now: number): void {
    if (this.#token === undefined) return;
    this.#authId = this.#options.nextId();
    this.#refresh.asked(now);
    this.#send({ type: 'auth', id: this.#authId, token: this.#token });
  }

  #takeAuthAnswer(frame: Frame<'ack' | 'error'>, now: number): void {
    const isFirst = this.#phase.name === 'authenticating';
    if (frame.type === 'ack') {
      this.#user = frame.user ?? this.#user;
      this.#expect(frame.expiresAt, now);
      if (isFirst) this.#goLive(now);
    } else if (!isFirst) {
      this.#refresh.failed(now);
    } else if (frame.retryable) {
      this.#emit({ kind: 'dropSocket', socket: this.#socket });
      this.#fail(new OutcryError('disconnected', frame.message, { isRetryable: true }), now);
    } else {
      this.#giveUp(new OutcryError('unauthenticated', frame.message));
    }
  }

  #watch(now: number): void {
    if (now >= this.#laggingUntil) this.handleCaughtUp();
    if (this.#heartbeat.isLost(now)) {
      this.#emit({ kind: 'dropSocket', socket: this.#socket });
      const error = new OutcryError('disconnected', 'nothing came from the gateway', { isRetryable: true });
      this.#fail(error, now, Retry.Now);
      return;
    }
    this.#ask(now);
    if (now >= this.#refresh.nextAlarmAt) this.#refresh.fetch(now);
  }

  /** Whether the gateway is there, or how late everything is, where it is time to. */
  #ask(now: number): void {
    if (now >= this.#heartbeat.askAt(this.#pingAfterMs)) this.#heartbeat.asked(now);
    else if (now >= this.#heartbeat.measureAt) this.#heartbeat.pinged(now);
    else return;
    this.#send({ type: 'ping' });
  }

  #fail(error: OutcryError, now: number, retry: Retry = Retry.Wait): void {
    const { backoff, random } = this.#options;
    if (this.#phase.name === 'live' && now - this.#phase.since >= STEADY_MS) this.#attempt = this.#step = 0;
    const waitMs = this.#drainMs ?? backoffMs(backoff, { retry, attempt: this.#step, random });
    this.#attempt += 1;
    this.#step += 1;
    this.#error = error;
    this.#drainMs = undefined;
    this.movesAt = Infinity;
    this.#laggingUntil = 0;
    this.#phase = { name: 'waiting', retryAt: now + waitMs };
    this.tellStatus();
  }

  #timeOut(now: number): void {
    const what = this.#phase.name === 'fetching' ? 'there was no token' : 'no gateway answered';
    this.#emit({ kind: 'dropSocket', socket: this.#socket });
    this.#fail(new OutcryError('timedOut', `${what} within the time limit`, { isRetryable: true }), now);
  }

  #giveUp(error: OutcryError | undefined): void {
    if (this.isClosed) return;
    this.#emit({ kind: 'dropSocket', socket: this.#socket });
    this.#end(error);
  }

  #end(error: OutcryError | undefined): void {
    this.#error = error;
    this.#phase = { name: 'closed' };
    this.tellStatus();
  }

  #send(frame: ClientFrame<unknown>): void {
    this.#emit({ kind: 'send', socket: this.#socket, frame });
  }

  #showLateness(): void {
    if (this.#heartbeat.isLate === this.#wasLate) return;
    this.#wasLate = this.#heartbeat.isLate;
    if (this.#phase.name === 'live') this.tellStatus();
  }

  /** Where it stands now. */
  tellStatus(): void {
    this.#emit({ kind: 'status', status: this.#status() });
  }

  #status(): ClientStatus {
    const phase = this.#phase;
    if (phase.name === 'closed') return { state: 'closed', error: this.#error };
    if (phase.name === 'live' && this.#welcome !== undefined) {
      const { node, connection } = this.#welcome;
      const [isLagging, isDraining] = [this.#laggingUntil > 0 || this.#wasLate, this.#drainMs !== undefined];
      return { state: 'connected', user: this.#user, node, connection, isLagging, isDraining };
    }
    if (this.#error === undefined) return { state: 'connecting' };
    const retryAt = phase.name === 'waiting' ? phase.retryAt : undefined;
    return { state: 'reconnecting', attempt: this.#attempt, retryAt, error: this.#error };
  }
}

/** When to come back, where a gateway has said so in its answer to the handshake and the socket shows it: within the second that was told. */
function turnOf(cause: unknown, random: () => number): number | undefined {
  const seconds = Number((cause as { readonly retryAfter?: unknown } | undefined)?.retryAfter);
  return seconds > 0 ? (seconds - random()) * 1_000 : undefined;
}
