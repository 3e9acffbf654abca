import { boolean, integer, optionalText, type SettingValues } from '@outcry/config';
import { userDataFolder } from '@outcry/service';

const MIB = 1024 * 1024;
const PATH = { pattern: /^.+$/, accepts: 'a path' };

/** What is there again at the next start. */
export const DATA_SETTINGS = {
  OUTCRY_DATA_DIR: optionalText(PATH, {
    meaning:
      'The folder in which messages are kept, so that the next start has them; one process at a time. Unset: `outcry` in the folder for the data of the user, such as `~/.local/share`.',
  }),
  OUTCRY_DATA_BYTES: integer({
    meaning: 'What messages may take up there; past that the oldest are deleted, whichever room they are of.',
    min: 16 * MIB,
    max: 1024 * 1024 * MIB,
    default: 1024 * MIB,
  }),
  OUTCRY_MEMORY: boolean({ meaning: 'Keeps nothing for the next start, as `--memory` does.', default: false }),
} as const;

type Settings = SettingValues<typeof DATA_SETTINGS>;

export interface DataConfig {
  readonly folder: string;
  readonly maxBytes: number;
}

/** Undefined where nothing is kept. */
export function dataConfigOf(settings: Settings): DataConfig | undefined {
  if (settings.OUTCRY_MEMORY) return undefined;
  return { folder: settings.OUTCRY_DATA_DIR ?? userDataFolder('outcry'), maxBytes: settings.OUTCRY_DATA_BYTES };
}

export function problemsOfData(
  settings: Settings,
  { isKeptElsewhere }: { readonly isKeptElsewhere: boolean },
): readonly string[] {
  const { OUTCRY_DATA_DIR: folder, OUTCRY_MEMORY: isMemory } = settings;
  return [
    ...(folder !== undefined && isMemory ? ['OUTCRY_DATA_DIR: nothing is kept with --memory, or OUTCRY_MEMORY'] : []),
    ...(folder !== undefined && isKeptElsewhere
      ? ['OUTCRY_DATA_DIR: messages are kept where OUTCRY_REDIS_URL, or OUTCRY_ARCHIVE_URL, says']
      : []),
  ];
}
