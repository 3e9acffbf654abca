import { integer } from '@outcry/config';

/** How bytes reach many sockets. */
export const FANOUT_SETTINGS = {
  OUTCRY_COALESCE_MS: integer({
    meaning:
      'While the gateway is busy, relayed messages that follow each other within up to this time go out together; 0 switches it off.',
    min: 0,
    max: 100,
    default: 5,
  }),
} as const;
