import { COMMON_SETTINGS } from '@outcry/service';

import { DELIVERY_SETTINGS } from '../delivery/settings.ts';
import { OUTBOX_SETTINGS } from '../outbox/settings.ts';
import { PARTITION_SETTINGS } from '../partitions/settings.ts';
import { RETENTION_SETTINGS } from '../retention/settings.ts';

/** Every setting of the service, by its environment variable. docs/CONFIGURATION.md is made from this. */
export const INBOUND_SETTINGS = {
  ...COMMON_SETTINGS,
  ...OUTBOX_SETTINGS,
  ...DELIVERY_SETTINGS,
  ...PARTITION_SETTINGS,
  ...RETENTION_SETTINGS,
} as const;
