/** How long a room without history keeps its numbering after its last publish or join. Its next use begins a new epoch. */
export const NUMBERING_TTL_MS = 24 * 60 * 60 * 1000;

/** How long a publish is remembered by its idempotency key: well past the longest wait of a client that tries again. */
export const IDEMPOTENCY_WINDOW_MS = 5 * 60 * 1000;

/** How long a book outlives its publisher. */
export const BOOK_TTL_MS = 24 * 60 * 60 * 1000;

/** Deltas kept behind one snapshot: over six minutes at ten a second. Further ones are refused until a snapshot comes. */
export const MAX_STORED_DELTAS = 4096;

/** A lost node is noticed after at most both together, and 10 s are what its members may take to be gone. */
export const PRESENCE_LEASE = { leaseMs: 6000, renewMs: 2000 } as const;

/** How long the counts of a subject are kept behind their last change: longer than a connection lasts. */
export const COUNT_TTL_MS = 7 * 24 * 60 * 60 * 1000;

/** Accounts of a cluster. They are for small installations, and never removed by the gateway. */
export const MAX_ACCOUNTS = 100_000;

/** Revocations in force in a cluster; a node reads them all when it starts. */
export const MAX_REVOCATIONS = 100_000;

/** How long the highest fence of a lease is kept behind its last grant or renewal. Where it is gone everybody is refused. */
export const FENCE_TTL_MS = 24 * 60 * 60 * 1000;
