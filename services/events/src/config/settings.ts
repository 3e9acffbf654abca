import { fieldsOf } from '@outcry/config';
import { COMMON_SETTINGS } from '@outcry/service';

import { DELIVERY_SETTINGS } from '../delivery/settings.ts';
import { LEADERSHIP_SETTINGS } from '../leadership/settings.ts';
import { SENDING_SETTINGS } from '../sending/settings.ts';

/** The settings of the service, by the place of the folder that owns them: there they stand in a file. */
export const EVENTS_SECTIONS = {
  service: COMMON_SETTINGS,
  'events.delivery': DELIVERY_SETTINGS,
  'events.sending': SENDING_SETTINGS,
  'events.leadership': LEADERSHIP_SETTINGS,
} as const;

/** Every setting of the service, by its environment variable. docs/CONFIGURATION.md is made from this. */
export const EVENTS_SETTINGS = fieldsOf(EVENTS_SECTIONS);
