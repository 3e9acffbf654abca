import { integer, type SettingValues } from '@outcry/config';

import type { FeedTiming } from './frame-sender.ts';

export const FEED_SETTINGS = {
  OUTCRY_FEED_DELTA_MS: integer({
    meaning: 'Changes within this time are published as one delta; 0 publishes every event of the source as it is.',
    min: 0,
    max: 60_000,
    default: 100,
  }),
  OUTCRY_FEED_SNAPSHOT_MS: integer({
    meaning: 'How often the whole book is published, changed or not; after 256 deltas it is in any case.',
    min: 100,
    max: 60_000,
    default: 2000,
  }),
} as const;

export function timingOf(settings: SettingValues<typeof FEED_SETTINGS>): FeedTiming {
  return { deltaMs: settings.OUTCRY_FEED_DELTA_MS, snapshotMs: settings.OUTCRY_FEED_SNAPSHOT_MS };
}
