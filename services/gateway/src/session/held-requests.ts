import { type ClientFrame, RequestError } from '@outcry/protocol';

/** Of one session: requests that wait behind one that the operator's server is asked about, that one included. */
const MAX_HELD = 128;
const MAX_HELD_BYTES = 64 * 1024;
/** What a request takes besides its payload: `id`, names, and what holds them. */
const BYTES_BESIDES = 256;
/** After which a client may come again that has sent too much. */
const RETRY_IN_MS = 1000;

/** Requests that everything behind them waits for, whatever room it is about: it may be another user's then. */
export const ALL_ROOMS = Symbol('all rooms');
/** A symbol of its own is nobody else's scope: nothing waits behind it. */
export type Scope = string | symbol;

/** A request that somebody is asked about before it is carried out. */
export interface Question<T extends object> {
  /** What comes behind it in this scope waits. */
  readonly scope: Scope;
  readonly frame: ClientFrame;
  readonly ask: () => Promise<T>;
  /** What comes of the verdict. Requests behind it count from when this returns, not from when it is done. */
  readonly proceed: (verdict: T) => Promise<void> | void;
}

export interface HeldRequestsOptions {
  readonly client: { readonly isClosed: boolean };
  readonly maxFrameBytes: number;
  /** Questions at once, so that nobody takes all that a hook may have in flight. Others wait for their turn. */
  readonly maxAsked: number;
  /** Carries out a request that waited. It may hold others again, by `hold` and `add`. */
  readonly resume: (frame: ClientFrame) => void;
}

/**
 * The requests of one session that wait: each scope's are carried out in the order in which they came, and none before those that it
 * stands behind. When the connection has ended, none is.
 */
export class HeldRequests {
  readonly #options: HeldRequestsOptions;
  readonly #maxBytes: number;
  readonly #lanes = new Map<Scope, ClientFrame[]>();
  readonly #turns: (() => void)[] = [];
  #asked = 0;
  #held = 0;
  #bytes = 0;
  /** Whether what is carried out now came before everything that waits for all rooms. */
  #isPast = false;

  constructor(options: HeldRequestsOptions) {
    this.#options = options;
    this.#maxBytes = Math.max(MAX_HELD_BYTES, options.maxFrameBytes + BYTES_BESIDES);
  }

  /** Whether a request has to wait behind others. */
  holds(frame: ClientFrame): boolean {
    return this.#laneOf(frame) !== undefined;
  }

  /** Lets it wait behind those others. @throws RequestError `unavailable` where too much waits */
  add(frame: ClientFrame): void {
    this.#count(frame);
    this.#laneOf(frame)?.push(frame);
  }

  /** Asks, while all that comes behind waits. Rejects as `proceed` does. @throws RequestError `unavailable` where too much waits */
  async hold<T extends object>({ scope, frame, ask, proceed }: Question<T>): Promise<void> {
    this.#count(frame);
    this.#lanes.set(scope, []);
    let outcome: Promise<void> | void;
    try {
      const verdict = await this.#inTurn(ask);
      // Nobody waits for it any more.
      if (verdict === undefined || this.#options.client.isClosed) return;
      outcome = proceed(verdict);
    } finally {
      this.#uncount(frame);
      this.#release(scope);
    }
    await outcome;
  }

  /** What a request has to wait in: what came before that for all rooms looks at its own room alone. */
  #laneOf(frame: ClientFrame): ClientFrame[] | undefined {
    const all = this.#isPast ? undefined : this.#lanes.get(ALL_ROOMS);
    return all ?? ('room' in frame ? this.#lanes.get(frame.room) : undefined);
  }

  /** One of those that waited may hold the rest again. */
  #release(scope: Scope): void {
    const { client, resume } = this.#options;
    const waiting = this.#lanes.get(scope) ?? [];
    this.#lanes.delete(scope);
    this.#isPast = scope !== ALL_ROOMS;
    for (const frame of waiting) {
      this.#uncount(frame);
      if (!client.isClosed) resume(frame);
    }
    this.#isPast = false;
  }

  /** Undefined where the connection has ended before it was this one's turn. */
  async #inTurn<T extends object>(ask: () => Promise<T>): Promise<T | undefined> {
    if (this.#asked < this.#options.maxAsked) this.#asked += 1;
    else await new Promise<void>((resolve) => this.#turns.push(resolve));
    try {
      return this.#options.client.isClosed ? undefined : await ask();
    } finally {
      // The turn is handed on, or given back.
      const next = this.#turns.shift();
      if (next === undefined) this.#asked -= 1;
      else next();
    }
  }

  #count(frame: ClientFrame): void {
    const bytes = bytesOf(frame);
    if (this.#held === MAX_HELD || this.#bytes + bytes > this.#maxBytes) {
      throw new RequestError('unavailable', 'too many requests wait for the answer of a server; try again later', {
        retryInMs: RETRY_IN_MS,
      });
    }
    this.#held += 1;
    this.#bytes += bytes;
  }

  #uncount(frame: ClientFrame): void {
    this.#held -= 1;
    this.#bytes -= bytesOf(frame);
  }
}

function bytesOf(frame: ClientFrame): number {
  const payload = 'data' in frame ? frame.data.length : 0;
  return BYTES_BESIDES + payload;
}
