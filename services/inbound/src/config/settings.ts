import { fieldsOf } from '@outcry/config';
import { COMMON_SETTINGS } from '@outcry/service';
import { TRACE_SETTINGS } from '@outcry/tracing';

import { DELIVERY_SETTINGS, MESSAGE_SETTINGS } from '../delivery/settings.ts';
import { KAFKA_SETTINGS } from '../kafka/settings.ts';
import { OUTBOX_SETTINGS } from '../outbox/settings.ts';
import { PARTITION_SETTINGS } from '../partitions/settings.ts';
import { STREAM_SETTINGS } from '../stream/settings.ts';
import { RETENTION_SETTINGS } from '../retention/settings.ts';

/**
 * The settings of the service, by the place of the folder that owns them: there they stand in a file. What has to be as the
 * gateways have it stands where they have it.
 */
export const INBOUND_SECTIONS = {
  service: COMMON_SETTINGS,
  'inbound.outbox': OUTBOX_SETTINGS,
  'inbound.stream': STREAM_SETTINGS,
  'inbound.kafka': KAFKA_SETTINGS,
  'inbound.delivery': DELIVERY_SETTINGS,
  'inbound.partitions': PARTITION_SETTINGS,
  'gateway.rooms': RETENTION_SETTINGS,
  'gateway.session': MESSAGE_SETTINGS,
  'gateway.tracing': TRACE_SETTINGS,
} as const;

/** Whose settings in a file are its own, too. */
export const INBOUND_FOLLOWS = ['gateway'] as const;

/** Every setting of the service, by its environment variable. docs/CONFIGURATION.md is made from this. */
export const INBOUND_SETTINGS = fieldsOf(INBOUND_SECTIONS);
