import { OutcryError, type SharedLimits } from '@outcry/broker';
import type { Logger } from '@outcry/service';

import { networkOf } from './ip-address.ts';

/** What users and addresses may have in the cluster. 0 is no limit. */
export interface ConnectionMaxima {
  readonly perUser: number;
  readonly perAddress: number;
  /** New connections of an address in a minute, and as many at once. */
  readonly perAddressPerMinute: number;
}

export interface ConnectionLimitsOptions {
  readonly shared: SharedLimits;
  /** Under which this node counts. */
  readonly node: string;
  readonly maxima: ConnectionMaxima;
  readonly logger: Logger;
}

/** A connection that is counted, until it leaves. */
export interface Seat {
  leave(): void;
}

/** Which limit it is that a connection would exceed. */
export type ExceededLimit = 'connections' | 'rate';

const NOT_COUNTED: Seat = { leave: () => undefined };
/** For how long an address that came too often is refused without asking. */
const PENALTY_MS = 5000;
const MAX_PENALTIES = 100_000;

/**
 * Limits of users and addresses over all nodes. A connection is let in at once and refused a moment later, because only the
 * cluster knows; what this node knows by itself it refuses before that. While the cluster cannot be asked, its own
 * connections are all that a node counts.
 */
export class ConnectionLimits {
  readonly #options: ConnectionLimitsOptions;
  readonly #own = new Map<string, number>();
  /** When each address may come again. */
  readonly #penalties = new Map<string, number>();

  constructor(options: ConnectionLimitsOptions) {
    this.#options = options;
  }

  /** Whether there is something to refuse an address for already, before anything else of it is looked at. */
  refuses(address: string): boolean {
    const network = networkOf(address);
    const until = this.#penalties.get(network);
    if (until === undefined) return false;
    if (performance.now() < until) return true;
    this.#penalties.delete(network);
    return false;
  }

  seatUser(user: string, onExceeded: (limit: ExceededLimit) => void): Seat {
    return this.#seat(`user:${user}`, this.#options.maxima.perUser, onExceeded);
  }

  seatAddress(address: string, onExceeded: (limit: ExceededLimit) => void): Seat {
    const { perAddress, perAddressPerMinute } = this.#options.maxima;
    const network = networkOf(address);
    if (perAddressPerMinute > 0) void this.#checkRate(network, onExceeded);
    return this.#seat(`address:${network}`, perAddress, onExceeded);
  }

  /** Tells the cluster everything again, which may have forgotten it. */
  restore(): void {
    for (const [subject, own] of this.#own) this.#set(subject, own);
  }

  /** Nothing here is connected any more. */
  async close(): Promise<void> {
    const subjects = [...this.#own.keys()];
    this.#own.clear();
    const { shared, node } = this.#options;
    await Promise.allSettled(subjects.map((subject) => shared.set(node, subject, 0)));
  }

  #seat(subject: string, max: number, onExceeded: (limit: ExceededLimit) => void): Seat {
    if (max === 0) return NOT_COUNTED;
    const own = (this.#own.get(subject) ?? 0) + 1;
    this.#own.set(subject, own);
    void this.#hold({ subject, own, max }, onExceeded);
    return {
      leave: () => {
        this.#leave(subject);
      },
    };
  }

  async #hold(
    request: { readonly subject: string; readonly own: number; readonly max: number },
    onExceeded: (limit: ExceededLimit) => void,
  ): Promise<void> {
    const { shared, node } = this.#options;
    // Never told before the seat is taken.
    const isWithin = await (request.own <= request.max ? this.#ask(shared.hold(node, request)) : false);
    if (!isWithin) onExceeded('connections');
  }

  async #checkRate(network: string, onExceeded: (limit: ExceededLimit) => void): Promise<void> {
    const { shared, maxima } = this.#options;
    if (await this.#ask(shared.pass(`rate:${network}`, maxima.perAddressPerMinute))) return;
    if (this.#penalties.size >= MAX_PENALTIES) this.#penalties.clear();
    this.#penalties.set(network, performance.now() + PENALTY_MS);
    onExceeded('rate');
  }

  #leave(subject: string): void {
    const own = (this.#own.get(subject) ?? 0) - 1;
    if (own > 0) this.#own.set(subject, own);
    else if (!this.#own.delete(subject)) return;
    this.#set(subject, Math.max(0, own));
  }

  #set(subject: string, own: number): void {
    const { shared, node } = this.#options;
    void this.#ask(shared.set(node, subject, own).then(() => true));
  }

  /** A limit that cannot be asked for refuses nobody: it must not close the doors when Redis blinks. */
  async #ask(verdict: Promise<boolean>): Promise<boolean> {
    try {
      return await verdict;
    } catch (err) {
      if (!(err instanceof OutcryError)) throw err;
      this.#options.logger.debug({ err }, 'limit not checked');
      return true;
    }
  }
}
