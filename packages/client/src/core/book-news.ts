import type { Level } from '@outcry/order-book';

import type { OutcryError } from '../primitives/errors.ts';

/** Why a book began anew by the client's own doing. */
export type RepairReason = 'gap' | 'checksum';

/** What a book's watcher is told, in order. */
export type BookNews =
  | { readonly type: 'snapshot' }
  /** The levels changed, with absolute sizes; 0 where a level is gone. */
  | { readonly type: 'delta'; readonly bids: readonly Level[]; readonly asks: readonly Level[] }
  | { readonly type: 'repair'; readonly reason: RepairReason }
  | { readonly type: 'stale' | 'fresh' }
  | { readonly type: 'closed' }
  | { readonly type: 'failed'; readonly error: OutcryError };

/** One who is told of a book. */
export interface BookListener {
  readonly listener: (news: BookNews) => void;
}
