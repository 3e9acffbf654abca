import type { BookDirectory } from '../books/book-directory.ts';
import { type WatchOwner, Watches } from '../books/watches.ts';
import type { ConnectionDetails } from '../connections/connection-details.ts';
import { MAX_NAMED } from '../connections/connection-story.ts';
import type { ConflatableStreams } from '../connections/conflatable-streams.ts';
import { type MembershipOwner, type MembershipParts, Memberships } from '../memberships/memberships.ts';
import type { Past, PastReader } from '../rooms/past.ts';
import type { SessionLimits } from './settings.ts';

export type StreamOwner = MembershipOwner & WatchOwner & PastReader;

export interface StreamParts extends MembershipParts {
  readonly books: BookDirectory;
  readonly past: Pick<Past, 'isParked' | 'resume' | 'forget'>;
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

  /** What it reads: some of it, and how much there is. */
  get read(): Pick<ConnectionDetails, 'rooms' | 'books'> {
    const { memberships } = this;
    return {
      rooms: { names: memberships.firstOrdinary(MAX_NAMED), count: memberships.ordinaryCount },
      books: { names: this.#watches?.first(MAX_NAMED) ?? [], count: this.#watches?.count ?? 0 },
    };
  }

  get isBehind(): boolean {
    return this.#isAwaited || this.memberships.isBehind || (this.#watches?.isBehind ?? false);
  }

  get isHoldingBack(): boolean {
    return this.memberships.isHoldingBack || (this.#watches?.isHoldingBack ?? false);
  }

  holdBack(): void {
    this.memberships.holdBack();
    this.#watches?.holdBack();
  }

  /** What was asked for comes first, then rooms: they are quick to read, and a book can wait at no cost. */
  catchUpOne(): void {
    if (this.#isAwaited) this.#parts.past.resume(this.#owner);
    else if (this.memberships.isBehind) this.memberships.catchUpOne();
    else this.#watches?.catchUpOne();
  }

  /** The connection has ended. */
  close(): void {
    this.#parts.past.forget(this.#owner);
    this.memberships.close();
    this.#watches?.removeAll();
  }

  /** A page of the past that was asked for waits until there is room for it. */
  get #isAwaited(): boolean {
    return this.#parts.past.isParked(this.#owner);
  }
}
