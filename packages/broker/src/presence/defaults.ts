/** A lost node is noticed after at most both together, and 10 s are what its members may take to be gone. */
export const PRESENCE_LEASE = { leaseMs: 6000, renewMs: 2000 } as const;

/** How long what is stored of presence is kept behind its last change, or the last look at it: for what nobody is left to clear away. */
export const PRESENCE_TTL_MS = 24 * 60 * 60 * 1000;

/** How often a node looks at all that it has stored, so that nothing of it expires, and nothing that was lost stays lost. */
export const PRESENCE_REVIEW_MS = 6 * 60 * 60 * 1000;
