import type { BookDirectory } from '../books/book-directory.ts';
import { type WatchOwner, Watches } from '../books/watches.ts';
import type { ConflatableStreams } from '../connections/conflatable-streams.ts';
import { type MembershipOwner, type MembershipParts, Memberships } from '../memberships/memberships.ts';
import type { SessionLimits } from './settings.ts';

export type StreamOwner = MembershipOwner & WatchOwner;

export interface StreamParts extends MembershipParts {
  readonly books: BookDirectory;
  readonly limits: Pick<SessionLimits, 'maxSubscriptions'>;
}

/** Everything that is streamed to one session, and waits where its client is slow. */
export class SessionStreams implements ConflatableStreams {
  readonly memberships: Memberships;
  readonly #owner: StreamOwner;
  readonly #parts: StreamParts;
  /** Present once a book was asked for. */
  #watches: Watches | undefined;

  constructor(owner: StreamOwner, parts: StreamParts) {
    this.#owner = owner;
    this.#parts = parts;
    this.memberships = new Memberships(owner, parts);
  }

  get watches(): Watches {
    const { books, limits } = this.#parts;
    return (this.#watches ??= new Watches(this.#owner, { books, maxWatches: limits.maxSubscriptions }));
  }

  get isBehind(): boolean {
    return this.memberships.isBehind || (this.#watches?.isBehind ?? false);
  }

  get isHoldingBack(): boolean {
    return this.memberships.isHoldingBack || (this.#watches?.isHoldingBack ?? false);
  }

  holdBack(): void {
    this.memberships.holdBack();
    this.#watches?.holdBack();
  }

  /** Rooms come first: they are quick to read, and a book can wait at no cost. */
  catchUpOne(): void {
    if (this.memberships.isBehind) this.memberships.catchUpOne();
    else this.#watches?.catchUpOne();
  }

  /** The connection has ended. */
  close(): void {
    this.memberships.close();
    this.#watches?.removeAll();
  }
}
