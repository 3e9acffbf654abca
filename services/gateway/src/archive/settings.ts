import { integer, optionalText, type SettingValues } from '@outcry/config';
import { problemsOfPostgresUrl } from '@outcry/worker';

const POSTGRES_URL = {
  pattern: /^postgres(ql)?:\/\/\S+$/,
  accepts: '`postgres://user:password@host:port/database`',
};

/** Where the past is that streams do not keep. */
export const ARCHIVE_SETTINGS = {
  OUTCRY_ARCHIVE_URL: optionalText(POSTGRES_URL, {
    meaning:
      'The database of the archive, by a role that may read pages (docs/ARCHIVE.md): histories and resuming go on there. Unset: they end where the stream of a room does.',
  }),
  OUTCRY_ARCHIVE_READERS: integer({
    meaning: 'Pages of the archive that are read at a time, each over a connection of its own.',
    min: 1,
    max: 64,
    default: 4,
  }),
  OUTCRY_ARCHIVE_DEADLINE_MS: integer({
    meaning: 'How long a page of the archive may take; past that it cannot be had now.',
    min: 50,
    max: 10_000,
    default: 1000,
  }),
  OUTCRY_ARCHIVE_SEARCHES: integer({
    meaning:
      'Searches of the archive that are made at a time, each over a connection of its own that no page takes; one more is refused. 0: nobody searches here.',
    min: 0,
    max: 64,
    default: 2,
  }),
  OUTCRY_ARCHIVE_SEARCH_MS: integer({
    meaning: 'How long a search may take before it is broken off, as one that has to be narrowed.',
    min: 50,
    max: 60_000,
    default: 5000,
  }),
} as const;

type Settings = SettingValues<typeof ARCHIVE_SETTINGS>;

export interface ArchiveConfig {
  readonly url: string;
  readonly readers: number;
  readonly deadlineMs: number;
  readonly searches: number;
  readonly searchMs: number;
}

/** Undefined where there is no archive. */
export function archiveConfigOf(settings: Settings): ArchiveConfig | undefined {
  const { OUTCRY_ARCHIVE_URL: url } = settings;
  if (url === undefined) return undefined;
  return {
    url,
    readers: settings.OUTCRY_ARCHIVE_READERS,
    deadlineMs: settings.OUTCRY_ARCHIVE_DEADLINE_MS,
    searches: settings.OUTCRY_ARCHIVE_SEARCHES,
    searchMs: settings.OUTCRY_ARCHIVE_SEARCH_MS,
  };
}

export function problemsOfArchive(settings: Settings, on: { readonly isProduction: boolean }): readonly string[] {
  const { OUTCRY_ARCHIVE_URL: url } = settings;
  return url === undefined ? [] : problemsOfPostgresUrl('OUTCRY_ARCHIVE_URL', url, on);
}
