import { jsonSchemaOf } from '@outcry/config';
import { ARCHIVE_SECTIONS } from '@outcry/archive';
import { EVENTS_SECTIONS } from '@outcry/events';
import { FEED_PUBLISHER_SECTIONS } from '@outcry/feed-publisher';
import { GATEWAY_SECTIONS } from '@outcry/gateway';
import { INBOUND_SECTIONS } from '@outcry/inbound';

import { OWN_SECTIONS } from './settings.ts';

/** All that a file may have: what is the gateways' in their words and as they check it. */
export const ALL_SECTIONS = {
  ...OWN_SECTIONS,
  ...ARCHIVE_SECTIONS,
  ...EVENTS_SECTIONS,
  ...INBOUND_SECTIONS,
  ...FEED_PUBLISHER_SECTIONS,
  ...GATEWAY_SECTIONS,
} as const;

/** The text of deploy/outcry.schema.json, by which editors complete and check a file of settings. */
export function formatConfigurationSchema(): string {
  return `${JSON.stringify(jsonSchemaOf(ALL_SECTIONS), undefined, 2)}\n`;
}
