import { boolean, optionalText, withFields } from '@outcry/config';
import { FEED_PUBLISHER_SECTIONS, FEED_PUBLISHER_SETTINGS } from '@outcry/feed-publisher';
import { GATEWAY_SECTIONS, GATEWAY_SETTINGS } from '@outcry/gateway';
import { REDIS_URL } from '@outcry/service';

import { DATA_SETTINGS } from '../data/settings.ts';

/** Both services' settings, with defaults for somebody who tries outcry out. */
export const STANDALONE_SETTINGS = {
  ...FEED_PUBLISHER_SETTINGS,
  ...GATEWAY_SETTINGS,
  ...DATA_SETTINGS,
  OUTCRY_REDIS_URL: optionalText(REDIS_URL, {
    meaning: 'Makes this a node of a cluster. Unset: rooms and books live in this process alone.',
  }),
  OUTCRY_ACCOUNTS: boolean({
    meaning:
      'Lets people register and log in on the public port. By itself, without OUTCRY_AUTH_SECRET, accounts and tokens are good until the process ends; names that nobody has registered are taken on trust beside them.',
    default: true,
  }),
  OUTCRY_DEMO: boolean({ meaning: 'Serves the demo page on the public port.', default: true }),
  OUTCRY_CONSOLE: boolean({
    meaning:
      'Serves the console on the internal port, at `/console/`: docs/CONSOLE.md. Who uses it needs a key of the API.',
    default: true,
  }),
} as const;

/** Its own, which are in no other service. */
export const OWN_SECTIONS = { 'standalone.data': DATA_SETTINGS } as const;

/** The sections of both services, with these settings in them, and its own. */
export const STANDALONE_SECTIONS = withFields(
  { ...FEED_PUBLISHER_SECTIONS, ...GATEWAY_SECTIONS, ...OWN_SECTIONS },
  STANDALONE_SETTINGS,
);
