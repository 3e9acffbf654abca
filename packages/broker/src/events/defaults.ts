/** How long what is written down is kept behind the last that was, while nobody takes it. */
export const EVENTS_TTL_MS = 7 * 24 * 60 * 60 * 1000;

/** Of each partition: about 2 MB where all names are of usual length, and ten times that where all are as long as they may be. */
export const MAX_EVENTS = 10_000;
