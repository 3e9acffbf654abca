import { integer } from '@outcry/config';

const MINUTE_MS = 60_000;

/** How messages are published. */
export const DELIVERY_SETTINGS = {
  OUTCRY_INBOUND_REMEMBER_MS: integer({
    meaning:
      'How long the cluster remembers what was published from here: what is brought again within that time is no second message.',
    min: MINUTE_MS,
    max: 24 * 60 * MINUTE_MS,
    default: 60 * MINUTE_MS,
  }),
} as const;
