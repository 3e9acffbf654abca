/** A lost node is noticed after at most both together, and 10 s are what its members may take to be gone. */
export const PRESENCE_LEASE = { leaseMs: 6000, renewMs: 2000 } as const;
