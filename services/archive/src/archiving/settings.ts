import { integer, type SettingValues } from '@outcry/config';

import type { ArchivingTimes } from './archive-term.ts';

/** How streams are read. */
export const ARCHIVING_SETTINGS = {
  OUTCRY_ARCHIVE_POLL_MS: integer({
    meaning: 'How often the list of archived rooms is looked at, for those that nobody was heard to announce.',
    min: 100,
    max: 60_000,
    default: 1000,
  }),
  OUTCRY_ARCHIVE_GATHER_MS: integer({
    meaning: 'How long messages are gathered before they are written together.',
    min: 10,
    max: 10_000,
    default: 100,
  }),
} as const;

type Settings = SettingValues<typeof ARCHIVING_SETTINGS>;

export function archivingTimesOf(settings: Settings): ArchivingTimes {
  return { pollMs: settings.OUTCRY_ARCHIVE_POLL_MS, gatherMs: settings.OUTCRY_ARCHIVE_GATHER_MS };
}
