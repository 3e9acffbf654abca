/** Revocations in force in a cluster; a node reads them all when it starts. */
export const MAX_REVOCATIONS = 100_000;
