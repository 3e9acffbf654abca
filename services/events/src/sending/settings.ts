import { integer, type SettingValues } from '@outcry/config';

/** When your server is told, and for how long that is tried. */
export const SENDING_SETTINGS = {
  OUTCRY_EVENTS_GATHER_MS: integer({
    meaning: 'How long events are gathered before they are sent together, where there were none.',
    min: 0,
    max: 10_000,
    default: 50,
  }),
  OUTCRY_EVENTS_POLL_MS: integer({
    meaning: 'How often it is looked whether there is something of which no word was heard.',
    min: 100,
    max: 60_000,
    default: 1000,
  }),
  OUTCRY_EVENTS_MAX_BATCH: integer({
    meaning: 'Comings and goings that are told in one request.',
    min: 1,
    max: 1000,
    default: 100,
  }),
  OUTCRY_EVENTS_RETRY_MS: integer({
    meaning: 'What could not be delivered for so long goes to the dead letters: docs/EVENTS.md.',
    min: 1000,
    max: 259_200_000,
    default: 3_600_000,
  }),
} as const;

type Settings = SettingValues<typeof SENDING_SETTINGS>;

export interface SendingConfig {
  readonly gatherMs: number;
  readonly pollMs: number;
  /** Entries of the journal. */
  readonly maxBatch: number;
  readonly retryMs: number;
}

export function sendingConfigOf(settings: Settings): SendingConfig {
  return {
    gatherMs: settings.OUTCRY_EVENTS_GATHER_MS,
    pollMs: settings.OUTCRY_EVENTS_POLL_MS,
    maxBatch: settings.OUTCRY_EVENTS_MAX_BATCH,
    retryMs: settings.OUTCRY_EVENTS_RETRY_MS,
  };
}
