import type { SharedLimits } from '@outcry/broker';
import { RequestError } from '@outcry/protocol';
import type { Logger } from '@outcry/service';

import { Budget } from './budget.ts';
import { networkOf } from './ip-address.ts';

/** What users and addresses may leave behind in the cluster in ten minutes. 0 is no limit. */
export interface StoredMaxima {
  readonly bytesPerUser: number;
  readonly bytesPerAddress: number;
  readonly roomsPerUser: number;
  readonly roomsPerAddress: number;
}

export type StoredLimit = 'storedBytesPerUser' | 'storedBytesPerAddress' | 'newRoomsPerUser' | 'newRoomsPerAddress';

/** Whose it is. */
export interface Owner {
  readonly identity: { readonly user: string };
  readonly address: string;
}

export interface StoredLimitsOptions {
  readonly shared: Pick<SharedLimits, 'spend'>;
  readonly maxima: StoredMaxima;
  readonly onReached: (limit: StoredLimit) => void;
  readonly logger: Logger;
}

/** For as long as a room keeps a message by default: then what one owner has stored at a time is at most twice its budget. */
const WINDOW_MS = 600_000;
/** What Redis needs for a message besides its frame, about. */
const MESSAGE_OVERHEAD_BYTES = 128;
const MS_PER_SECOND = 1000;

type Part = readonly [limit: StoredLimit, budget: Budget, subjectOf: (owner: Owner) => string];

/** Gives what is stored an owner: bytes of messages, and rooms that nobody has spoken in before. */
export class StoredLimits {
  readonly #bytes: readonly Part[];
  readonly #rooms: readonly Part[];
  readonly #onReached: (limit: StoredLimit) => void;

  constructor({ shared, maxima, onReached, logger }: StoredLimitsOptions) {
    this.#onReached = onReached;
    const ofUser = ({ identity }: Owner): string => `user:${identity.user}`;
    const ofAddress = ({ address }: Owner): string => `address:${networkOf(address)}`;
    const budgetOf = (name: string, max: number): Budget =>
      new Budget({ shared, name, max, windowMs: WINDOW_MS, logger });
    this.#bytes = [
      ['storedBytesPerUser', budgetOf('stored', maxima.bytesPerUser), ofUser],
      ['storedBytesPerAddress', budgetOf('stored', maxima.bytesPerAddress), ofAddress],
    ];
    this.#rooms = [
      ['newRoomsPerUser', budgetOf('rooms', maxima.roomsPerUser), ofUser],
      ['newRoomsPerAddress', budgetOf('rooms', maxima.roomsPerAddress), ofAddress],
    ];
  }

  /** @throws RequestError `limitReached` where the owner has stored as many bytes as it may */
  checkBytes(owner: Owner): void {
    this.#check(this.#bytes, owner, 'stores as much as it may');
  }

  /** @throws RequestError `limitReached` where the owner has begun as many rooms as it may */
  checkRooms(owner: Owner): void {
    this.#check(this.#rooms, owner, 'begins as many new rooms as it may');
  }

  mayBeginRooms(owner: Owner): boolean {
    return this.#rooms.every(([, budget, subjectOf]) => budget.waitMs(subjectOf(owner)) === 0);
  }

  countMessage(owner: Owner, bytes: number): void {
    for (const [, budget, subjectOf] of this.#bytes) budget.spend(subjectOf(owner), bytes + MESSAGE_OVERHEAD_BYTES);
  }

  countRoom(owner: Owner): void {
    for (const [, budget, subjectOf] of this.#rooms) budget.spend(subjectOf(owner), 1);
  }

  #check(parts: readonly Part[], owner: Owner, what: string): void {
    for (const [limit, budget, subjectOf] of parts) {
      const waitMs = budget.waitMs(subjectOf(owner));
      if (waitMs === 0) continue;
      this.#onReached(limit);
      const whose = limit.endsWith('PerUser') ? 'user' : 'address';
      const seconds = String(Math.ceil(waitMs / MS_PER_SECOND));
      throw new RequestError('limitReached', `${limit}: the ${whose} ${what}; again in ${seconds} s`);
    }
  }
}
