import type { Emit } from './effects.ts';

/** A token is replaced when a fifth of its life is left, or a minute of a long one. */
const LEAD_SHARE = 0.2;
const MAX_LEAD_MS = 60_000;
const TRY_AGAIN_MS = 5_000;
const FETCH_TIMEOUT_MS = 30_000;
const ANSWER_TIMEOUT_MS = 15_000;

/** RFC 9110 §5.6.2: what a subprotocol's name can be made of. */
const TOKEN_PATTERN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Whether a token can be offered in the handshake; any other comes in an `auth` frame. */
export function isSubprotocolToken(token: string): boolean {
  return TOKEN_PATTERN.test(token);
}

/**
 * When a token is to be had anew: one request for it at a time, whatever it is for. Where the connection is lost, one that is on its way is
 * the next one's.
 */
export class TokenRefresh {
  readonly #emit: Emit;
  readonly #nextTicket: () => number;
  #ticket = 0;
  #isFetching = false;
  #fetchBy = 0;
  #refreshAt = Infinity;
  /** The gateway's clock ahead of this one's, in milliseconds. */
  #clockOffsetMs = 0;

  constructor(emit: Emit, nextTicket: () => number) {
    this.#emit = emit;
    this.#nextTicket = nextTicket;
  }

  get nextAlarmAt(): number {
    return this.#isFetching ? this.#fetchBy : this.#refreshAt;
  }

  begin(clockOffsetMs: number): void {
    this.#clockOffsetMs = clockOffsetMs;
  }

  /** A request that takes too long is given up for a new one. */
  fetch(now: number): void {
    if (this.#isFetching && now < this.#fetchBy) return;
    this.#ticket = this.#nextTicket();
    this.#fetchBy = now + FETCH_TIMEOUT_MS;
    this.#isFetching = true;
    this.#emit({ kind: 'fetchToken', ticket: this.#ticket });
  }

  isCurrent(ticket: number): boolean {
    return ticket === this.#ticket;
  }

  fetched(): void {
    this.#isFetching = false;
  }

  /** The gateway has the token; without an answer it is asked again. */
  asked(now: number): void {
    this.#refreshAt = now + ANSWER_TIMEOUT_MS;
  }

  answered(expiresAt: number | undefined, now: number): void {
    if (expiresAt === undefined) {
      this.#refreshAt = Infinity;
      return;
    }
    const lifeMs = Math.max(0, expiresAt - this.#clockOffsetMs - now);
    this.#refreshAt = now + Math.max(1_000, lifeMs - Math.min(MAX_LEAD_MS, lifeMs * LEAD_SHARE));
  }

  failed(now: number): void {
    this.#refreshAt = now + TRY_AGAIN_MS;
  }
}
