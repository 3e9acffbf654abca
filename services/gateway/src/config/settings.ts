import { fieldsOf, optionalText, type SettingValues } from '@outcry/config';
import { COMMON_SETTINGS, NAME } from '@outcry/service';
import { TRACE_SETTINGS } from '@outcry/tracing';

import { API_SETTINGS } from '../api/settings.ts';
import { ARCHIVE_SETTINGS } from '../archive/settings.ts';
import { CONNECTION_SETTINGS } from '../connections/settings.ts';
import { EVENT_SETTINGS } from '../events/settings.ts';
import { FANOUT_SETTINGS } from '../fanout/settings.ts';
import { HOOK_SETTINGS } from '../hooks/settings.ts';
import { AUTH_SETTINGS } from '../identity/settings.ts';
import { LIMIT_SETTINGS } from '../limits/settings.ts';
import { OPERATOR_SETTINGS } from '../operators/settings.ts';
import { PROCESS_SETTINGS } from '../processes/settings.ts';
import { RECEPTION_SETTINGS } from '../reception/settings.ts';
import { ROOM_SETTINGS } from '../rooms/settings.ts';
import { SESSION_SETTINGS } from '../session/settings.ts';
import { SITE_SETTINGS } from '../site/settings.ts';
import { TRANSPORT_SETTINGS } from '../transport/settings.ts';

/** The settings of the gateway, by the place of the folder that owns them: there they stand in a file. */
export const GATEWAY_SECTIONS = {
  service: COMMON_SETTINGS,
  gateway: {
    OUTCRY_NODE_ID: optionalText(NAME, {
      meaning:
        'Names this gateway in the cluster, and its connections: no two gateways may have one name. Unset: a random name.',
    }),
  },
  'gateway.processes': PROCESS_SETTINGS,
  'gateway.transport': TRANSPORT_SETTINGS,
  'gateway.reception': RECEPTION_SETTINGS,
  'gateway.identity': AUTH_SETTINGS,
  'gateway.hooks': HOOK_SETTINGS,
  'gateway.events': EVENT_SETTINGS,
  'gateway.api': API_SETTINGS,
  'gateway.site': SITE_SETTINGS,
  'gateway.operators': OPERATOR_SETTINGS,
  'gateway.rooms': ROOM_SETTINGS,
  'gateway.archive': ARCHIVE_SETTINGS,
  'gateway.session': SESSION_SETTINGS,
  'gateway.limits': LIMIT_SETTINGS,
  'gateway.connections': CONNECTION_SETTINGS,
  'gateway.fanout': FANOUT_SETTINGS,
  'gateway.tracing': TRACE_SETTINGS,
} as const;

/** Every setting of the gateway, by its environment variable. docs/CONFIGURATION.md is made from this. */
export const GATEWAY_SETTINGS = fieldsOf(GATEWAY_SECTIONS);

export type GatewaySettings = SettingValues<typeof GATEWAY_SETTINGS>;
