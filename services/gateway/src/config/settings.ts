import { optionalText, type SettingValues } from '@outcry/config';
import { COMMON_SETTINGS, NAME } from '@outcry/service';

import { API_SETTINGS } from '../api/settings.ts';
import { CONNECTION_SETTINGS } from '../connections/settings.ts';
import { FANOUT_SETTINGS } from '../fanout/settings.ts';
import { HOOK_SETTINGS } from '../hooks/settings.ts';
import { AUTH_SETTINGS } from '../identity/settings.ts';
import { LIMIT_SETTINGS } from '../limits/settings.ts';
import { PROCESS_SETTINGS } from '../processes/settings.ts';
import { RECEPTION_SETTINGS } from '../reception/settings.ts';
import { ROOM_SETTINGS } from '../rooms/settings.ts';
import { SESSION_SETTINGS } from '../session/settings.ts';
import { SITE_SETTINGS } from '../site/settings.ts';
import { TRANSPORT_SETTINGS } from '../transport/settings.ts';

/** Every setting of the gateway, by its environment variable. docs/CONFIGURATION.md is made from this. */
export const GATEWAY_SETTINGS = {
  ...COMMON_SETTINGS,
  OUTCRY_NODE_ID: optionalText(NAME, { meaning: 'Names this gateway in the cluster. Unset: a random name.' }),
  ...PROCESS_SETTINGS,
  ...TRANSPORT_SETTINGS,
  ...RECEPTION_SETTINGS,
  ...AUTH_SETTINGS,
  ...HOOK_SETTINGS,
  ...API_SETTINGS,
  ...SITE_SETTINGS,
  ...ROOM_SETTINGS,
  ...SESSION_SETTINGS,
  ...LIMIT_SETTINGS,
  ...CONNECTION_SETTINGS,
  ...FANOUT_SETTINGS,
} as const;

export type GatewaySettings = SettingValues<typeof GATEWAY_SETTINGS>;
