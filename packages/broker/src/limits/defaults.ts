/** How long the counts of a subject are kept behind their last change: longer than a connection lasts. */
export const COUNT_TTL_MS = 7 * 24 * 60 * 60 * 1000;
