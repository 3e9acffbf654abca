/** How long a book outlives its publisher. */
export const BOOK_TTL_MS = 24 * 60 * 60 * 1000;

/** Deltas kept behind one snapshot: over six minutes at ten a second. Further ones are refused until a snapshot comes. */
export const MAX_STORED_DELTAS = 4096;
