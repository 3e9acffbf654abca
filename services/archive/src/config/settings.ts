import { fieldsOf } from '@outcry/config';
import { COMMON_SETTINGS } from '@outcry/service';

import { ARCHIVING_SETTINGS } from '../archiving/settings.ts';
import { PARTITION_SETTINGS } from '../partitions/settings.ts';
import { STORE_SETTINGS } from '../store/settings.ts';

/** The settings of the service, by the place of the folder that owns them: there they stand in a file. */
export const ARCHIVE_SECTIONS = {
  service: COMMON_SETTINGS,
  'archive.store': STORE_SETTINGS,
  'archive.archiving': ARCHIVING_SETTINGS,
  'archive.partitions': PARTITION_SETTINGS,
} as const;

/** Every setting of the service, by its environment variable. docs/CONFIGURATION.md is made from this. */
export const ARCHIVE_SETTINGS = fieldsOf(ARCHIVE_SECTIONS);
