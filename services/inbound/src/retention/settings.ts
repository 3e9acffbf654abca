import { integer, optionalStructure, optionalText, type SettingValues } from '@outcry/config';

import { readRetentionRules, retentionOf, WRITTEN_RULES } from './read-retention-rules.ts';
import { type RetentionRule, RetentionRules } from './retention-rules.ts';

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
  OUTCRY_ROOM_UNARCHIVED_BYTES: integer({
    meaning: `${AS_GATEWAYS} bytes of messages that a room whose rule says \`archive: true\` stores past all other bounds until they are archived. 0 keeps none for that.`,
    min: 0,
    max: 1024 * MIB,
    default: 64 * MIB,
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
  OUTCRY_ROOM_RULES: optionalStructure(
    { schema: WRITTEN_RULES, accepts: 'a list of rules, as JSON in the environment' },
    { meaning: `${AS_GATEWAYS} the list of rules itself, in place of OUTCRY_ROOM_RULES_FILE.` },
  ),
} as const;

type Settings = SettingValues<typeof RETENTION_SETTINGS>;

export function problemsOfRetention(settings: Settings): readonly string[] {
  const areTwo = settings.OUTCRY_ROOM_RULES !== undefined && settings.OUTCRY_ROOM_RULES_FILE !== undefined;
  return areTwo ? ['OUTCRY_ROOM_RULES: is not set where OUTCRY_ROOM_RULES_FILE is: there is one list of rules'] : [];
}

/** @throws ConfigError with every problem of the file of rules at once */
export function loadRetentionRules(settings: Settings): RetentionRules {
  const ms = settings.OUTCRY_HISTORY_MS;
  const count = settings.OUTCRY_HISTORY_COUNT;
  const unarchivedBytes = settings.OUTCRY_ROOM_UNARCHIVED_BYTES;
  return new RetentionRules(rulesOf(settings), {
    room: { count, ms, bytes: settings.OUTCRY_ROOM_BYTES, unarchivedBytes },
    inbox: {
      count: Math.min(settings.OUTCRY_INBOX_COUNT, count),
      ms,
      bytes: settings.OUTCRY_INBOX_BYTES,
      unarchivedBytes,
    },
  });
}

function rulesOf({ OUTCRY_ROOM_RULES: rules, OUTCRY_ROOM_RULES_FILE: path }: Settings): readonly RetentionRule[] {
  if (rules !== undefined) return retentionOf(rules);
  return path === undefined ? [] : readRetentionRules(path);
}
