import { fieldsOf } from '@outcry/config';
import { COMMON_SETTINGS } from '@outcry/service';

import { FEED_SETTINGS } from '../feed/settings.ts';
import { LEADERSHIP_SETTINGS } from '../leadership/settings.ts';
import { BINANCE_SETTINGS } from '../sources/binance/settings.ts';
import { HTTP_SETTINGS } from '../sources/http/settings.ts';
import { RECORDING_SETTINGS } from '../sources/recording/settings.ts';
import { SOURCE_SETTINGS } from '../sources/settings.ts';
import { SIMULATOR_SETTINGS } from '../sources/simulator/settings.ts';

/** The settings of the feed publisher, by the place of the folder that owns them: there they stand in a file. */
export const FEED_PUBLISHER_SECTIONS = {
  service: COMMON_SETTINGS,
  'feedPublisher.sources': SOURCE_SETTINGS,
  'feedPublisher.sources.simulator': SIMULATOR_SETTINGS,
  'feedPublisher.sources.recording': RECORDING_SETTINGS,
  'feedPublisher.sources.binance': BINANCE_SETTINGS,
  'feedPublisher.sources.http': HTTP_SETTINGS,
  'feedPublisher.feed': FEED_SETTINGS,
  'feedPublisher.leadership': LEADERSHIP_SETTINGS,
} as const;

/** Every setting of the feed publisher, by its environment variable. docs/CONFIGURATION.md is made from this. */
export const FEED_PUBLISHER_SETTINGS = fieldsOf(FEED_PUBLISHER_SECTIONS);
