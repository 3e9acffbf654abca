/** How long a room without history keeps its numbering after its last publish or join. Its next use behind that begins a new epoch. */
export const NUMBERING_TTL_MS = 24 * 60 * 60 * 1000;

/** The same of a room that is archived: who comes back behind that long begins anew. */
export const ARCHIVED_NUMBERING_TTL_MS = 366 * NUMBERING_TTL_MS;

/** The same of a room that nobody has joined and nobody has ever published to: it would be missed by nobody. */
export const EMPTY_NUMBERING_TTL_MS = 60_000;

/** How long a publish is remembered by its idempotency key: well past the longest wait of a client that tries again. */
export const IDEMPOTENCY_WINDOW_MS = 5 * 60 * 1000;

/** How often a node says of a room that is archived that it is published to there: what is published meanwhile is known to follow. */
export const ANNOUNCE_INTERVAL_MS = 1000;

/** Bytes of frames that one read of a room's past brings at most, where the range does not say. */
export const HISTORY_BYTES = 256 * 1024;
