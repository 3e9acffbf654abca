/** How long the highest fence of a lease is kept behind its last grant or renewal. Where it is gone everybody is refused. */
export const FENCE_TTL_MS = 24 * 60 * 60 * 1000;
