import { COMMON_SETTINGS } from '@outcry/service';

import { FEED_SETTINGS } from '../feed/settings.ts';
import { LEADERSHIP_SETTINGS } from '../leadership/settings.ts';
import { SOURCE_CHOICE, SOURCE_SETTINGS } from '../sources/settings.ts';

/** Every setting of the feed publisher, by its environment variable. docs/CONFIGURATION.md is made from this. */
export const FEED_PUBLISHER_SETTINGS = {
  ...COMMON_SETTINGS,
  ...SOURCE_CHOICE,
  ...FEED_SETTINGS,
  ...LEADERSHIP_SETTINGS,
  ...SOURCE_SETTINGS,
} as const;
