import { integer, optionalText, type SettingValues } from '@outcry/config';

import { readRetentionRules } from './read-retention-rules.ts';
import { RetentionRules } from './retention-rules.ts';

const DAY_MS = 86_400_000;
const KIB = 1024;
const MIB = 1024 * KIB;
const PATH = { pattern: /^.+$/, accepts: 'a path' };
const AS_GATEWAYS = 'As that of the gateways:';

/** What rooms keep. Whoever publishes says it with each message, so all who do have to say the same. */
export const RETENTION_SETTINGS = {
  OUTCRY_HISTORY_COUNT: integer({
    meaning: `${AS_GATEWAYS} messages that a room keeps, where no rule says otherwise.`,
    min: 0,
    max: 100_000,
    default: 1000,
  }),
  OUTCRY_HISTORY_MS: integer({
    meaning: `${AS_GATEWAYS} how long a room keeps a message, where no rule says otherwise.`,
    min: 1000,
    max: 30 * DAY_MS,
    default: 600_000,
  }),
  OUTCRY_ROOM_BYTES: integer({
    meaning: `${AS_GATEWAYS} bytes of messages that a room stores at most, where no rule says otherwise. 0 is no limit.`,
    min: 0,
    max: 1024 * MIB,
    default: 32 * MIB,
  }),
  OUTCRY_INBOX_COUNT: integer({
    meaning: `${AS_GATEWAYS} messages that an inbox keeps, or OUTCRY_HISTORY_COUNT where that is less.`,
    min: 0,
    max: 100_000,
    default: 200,
  }),
  OUTCRY_INBOX_BYTES: integer({
    meaning: `${AS_GATEWAYS} the same of bytes as OUTCRY_ROOM_BYTES, of an inbox.`,
    min: 0,
    max: 1024 * MIB,
    default: MIB,
  }),
  OUTCRY_ROOM_RULES_FILE: optionalText(PATH, {
    meaning: `${AS_GATEWAYS} a JSON file of rules for rooms, of which the history is read here. Unset: every room is alike.`,
  }),
  OUTCRY_MAX_FRAME_BYTES: integer({
    meaning: `${AS_GATEWAYS} bytes that the data of a message may have, as msgpack.`,
    min: 256,
    max: 1024 * KIB,
    default: 16 * KIB,
  }),
} as const;

/** @throws ConfigError with every problem of the file of rules at once */
export function loadRetentionRules(settings: SettingValues<typeof RETENTION_SETTINGS>): RetentionRules {
  const ms = settings.OUTCRY_HISTORY_MS;
  const count = settings.OUTCRY_HISTORY_COUNT;
  const path = settings.OUTCRY_ROOM_RULES_FILE;
  return new RetentionRules(path === undefined ? [] : readRetentionRules(path), {
    room: { count, ms, bytes: settings.OUTCRY_ROOM_BYTES },
    inbox: { count: Math.min(settings.OUTCRY_INBOX_COUNT, count), ms, bytes: settings.OUTCRY_INBOX_BYTES },
  });
}
