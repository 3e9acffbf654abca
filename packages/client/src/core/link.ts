import { type ClientFrame, CLOSE_CODES, type ReceivedFrame, Retry, retryAfter } from '@outcry/protocol';

import { OutcryError } from '../primitives/errors.ts';
import type { ClientStatus } from './status.ts';
import { backoffMs, type BackoffOptions } from './backoff.ts';
import type { Emit } from './effects.ts';
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
  readonly random: () => number;
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
/** A page that is seen again asks, unless something came this recently. */
const NUDGE_QUIET_MS = 1_000;
const NO_CLOSE_FRAME = 1006;

/** The connection: made, kept up, watched for silence, and made again as the close codes allow. */
export class Link {
  readonly #emit: Emit;
  readonly #options: LinkOptions & { readonly nextId: () => number };
  readonly #refresh: TokenRefresh;
  #phase: Phase = { name: 'idle' };
  #socket = 0;
  #token: string | undefined;
  #attempt = 0;
  #error: OutcryError | undefined;
  #welcome: Frame<'welcome'> | undefined;
  #user = '';
  #authId = 0;
  #heardAt = 0;
  #pongBy = Infinity;
  #laggingUntil = 0;
  #drainMs: number | undefined;

  constructor(emit: Emit, options: LinkOptions & { readonly nextId: () => number }) {
    this.#emit = emit;
    this.#options = options;
    this.#refresh = new TokenRefresh(emit);
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

  get maxFrameBytes(): number | undefined {
    return this.#welcome?.maxFrameBytes;
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
        const ping = this.#pongBy === Infinity ? this.#heardAt + this.#pingAfterMs : this.#pongBy;
        return Math.min(ping, lagging, this.#refresh.nextAlarmAt);
      }
    }
  }

  /** What a socket still says after it has been given up is not heard. */
  isCurrent(socket: number): boolean {
    const { name } = this.#phase;
    return socket === this.#socket && (name === 'opening' || name === 'authenticating' || name === 'live');
  }

  start(now: number): void {
    if (this.#phase.name === 'idle') this.#try(now);
  }

  /** The current socket is open. A token that the handshake could not carry comes before anything else. */
  handleOpen(now: number): void {
    if (this.#needsAuthFrame) this.#authenticate(now);
  }

  handleToken(ticket: number, token: string, now: number): void {
    if (!this.#refresh.isCurrent(ticket)) return;
    this.#refresh.fetched();
    this.#token = token;
    if (this.#phase.name === 'fetching') this.#open(now);
    else if (this.#phase.name === 'live') this.#authenticate(now);
  }

  handleTokenFailure(ticket: number, cause: unknown, now: number): void {
    if (!this.#refresh.isCurrent(ticket)) return;
    this.#refresh.fetched();
    if (this.#phase.name === 'fetching') {
      this.#fail(new OutcryError('unauthenticated', 'there was no token to be had', { cause, isRetryable: true }), now);
    } else {
      this.#refresh.failed(now);
    }
  }

  /** Whether the frame was for the link alone. */
  handleFrame(frame: ReceivedFrame, now: number): boolean {
    this.#heardAt = now;
    this.#pongBy = Infinity;
    switch (frame.type) {
      case 'welcome':
        this.#greet(frame, now);
        return true;
      case 'draining':
        this.#drainMs = frame.reconnectInMs;
        this.#tellStatus();
        return true;
      case 'lagging':
        this.#laggingUntil = now + LAGGING_SHOWN_MS;
        this.#tellStatus();
        return true;
      case 'ack':
      case 'error':
        return this.#takeAuthAnswer(frame, now);
      default:
        return false;
    }
  }

  /** What is held back from a client that lags comes when it has read what was sent before. */
  handleCaughtUp(): void {
    if (this.#laggingUntil === 0) return;
    this.#laggingUntil = 0;
    this.#tellStatus();
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
        this.#emit({ kind: 'dropSocket', socket: this.#socket });
        this.#fail(
          new OutcryError('timedOut', 'no gateway answered within the time limit', { isRetryable: true }),
          now,
        );
        return;
      case 'live':
        this.#watch(now);
        return;
      case 'idle':
      case 'closed':
        return;
    }
  }

  nudge(now: number): void {
    if (this.#phase.name === 'waiting') this.#try(now);
    else if (this.#phase.name === 'live' && now - this.#heardAt >= NUDGE_QUIET_MS) this.#ping(now);
  }

  /** The current socket has closed. */
  lose(code: number, now: number): void {
    const retry = retryAfter(code);
    const name = Object.entries(CLOSE_CODES).find(([, known]) => known.code === code)?.[0];
    const why = `the gateway closed the connection: ${name ?? String(code)}`;
    const message = code === NO_CLOSE_FRAME ? 'the connection was lost' : why;
    if (code === CLOSE_CODES.tokenExpired.code && !this.#options.canRefresh) {
      this.#end(
        new OutcryError('unauthenticated', 'the token has expired, and no function was given', { closeCode: code }),
      );
    } else if (retry === Retry.Never) {
      this.#end(new OutcryError('closed', message, { closeCode: code }));
    } else {
      this.#fail(new OutcryError('disconnected', message, { closeCode: code, isRetryable: true }), now, retry);
    }
  }

  close(): void {
    if (this.#phase.name === 'closed') return;
    this.#emit({ kind: 'dropSocket', socket: this.#socket });
    this.#end(undefined);
  }

  get #pingAfterMs(): number {
    return Math.min(this.#options.pingAfterMs, this.#welcome?.heartbeatMs ?? Infinity);
  }

  #try(now: number): void {
    const { hasToken, connectTimeoutMs } = this.#options;
    this.#phase = { name: 'fetching', deadlineAt: now + connectTimeoutMs };
    this.#tellStatus();
    if (hasToken) this.#refresh.fetch(now);
    else this.#open(now);
  }

  #open(now: number): void {
    this.#socket += 1;
    this.#phase = { name: 'opening', deadlineAt: now + this.#options.connectTimeoutMs };
    this.#emit({ kind: 'openSocket', socket: this.#socket, token: this.#needsAuthFrame ? undefined : this.#token });
  }

  #greet(frame: Frame<'welcome'>, now: number): void {
    if (this.#phase.name !== 'opening') return;
    this.#welcome = frame;
    this.#user = frame.user;
    this.#refresh.begin(frame.at - now);
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
    this.#tellStatus();
  }

  #authenticate(now: number): void {
    if (this.#token === undefined) return;
    this.#authId = this.#options.nextId();
    this.#refresh.asked(now);
    this.#send({ type: 'auth', id: this.#authId, token: this.#token });
  }

  #takeAuthAnswer(frame: Frame<'ack' | 'error'>, now: number): boolean {
    if (frame.id === undefined || frame.id !== this.#authId) return false;
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
      this.#emit({ kind: 'dropSocket', socket: this.#socket });
      this.#end(new OutcryError('unauthenticated', frame.message));
    }
    return true;
  }

  #watch(now: number): void {
    if (this.#laggingUntil > 0 && now >= this.#laggingUntil) this.handleCaughtUp();
    if (now >= this.#pongBy) {
      this.#emit({ kind: 'dropSocket', socket: this.#socket });
      const error = new OutcryError('disconnected', 'nothing came from the gateway', { isRetryable: true });
      this.#fail(error, now, Retry.Now);
      return;
    }
    if (this.#pongBy === Infinity && now >= this.#heardAt + this.#pingAfterMs) this.#ping(now);
    if (now >= this.#refresh.nextAlarmAt) this.#refresh.fetch(now);
  }

  #ping(now: number): void {
    if (this.#pongBy !== Infinity) return;
    this.#pongBy = now + this.#options.pongTimeoutMs;
    this.#send({ type: 'ping' });
  }

  #fail(error: OutcryError, now: number, retry: Retry = Retry.Wait): void {
    const { backoff, random } = this.#options;
    if (this.#phase.name === 'live' && now - this.#phase.since >= STEADY_MS) this.#attempt = 0;
    const waitMs = this.#drainMs ?? backoffMs(backoff, { retry, attempt: this.#attempt, random });
    this.#attempt += 1;
    this.#error = error;
    this.#leaveSocket();
    this.#phase = { name: 'waiting', retryAt: now + waitMs };
    this.#tellStatus();
  }

  #end(error: OutcryError | undefined): void {
    this.#error = error;
    this.#leaveSocket();
    this.#phase = { name: 'closed' };
    this.#tellStatus();
  }

  #leaveSocket(): void {
    this.#drainMs = undefined;
    this.#pongBy = Infinity;
    this.#laggingUntil = 0;
    this.#refresh.end();
  }

  #send(frame: ClientFrame<unknown>): void {
    this.#emit({ kind: 'send', socket: this.#socket, frame });
  }

  #tellStatus(): void {
    this.#emit({ kind: 'status', status: this.#status() });
  }

  #status(): ClientStatus {
    const phase = this.#phase;
    if (phase.name === 'closed') return { state: 'closed', error: this.#error };
    if (phase.name === 'live' && this.#welcome !== undefined) {
      const { node, connection } = this.#welcome;
      const [isLagging, isDraining] = [this.#laggingUntil > 0, this.#drainMs !== undefined];
      return { state: 'connected', user: this.#user, node, connection, isLagging, isDraining };
    }
    if (this.#error === undefined) return { state: 'connecting' };
    const retryAt = phase.name === 'waiting' ? phase.retryAt : undefined;
    return { state: 'reconnecting', attempt: this.#attempt, retryAt, error: this.#error };
  }
}
