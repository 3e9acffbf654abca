import { integer } from '@outcry/config';

const MINUTE_MS = 60_000;
const KIB = 1024;

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

/** What a message may be. */
export const MESSAGE_SETTINGS = {
  OUTCRY_MAX_FRAME_BYTES: integer({
    meaning: 'As that of the gateways: bytes that the data of a message may have, as msgpack.',
    min: 256,
    max: 1024 * KIB,
    default: 16 * KIB,
  }),
} as const;
