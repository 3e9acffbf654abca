import { integer, optionalStructure, optionalText, type SettingValues } from '@outcry/config';

import { ALL_RIGHTS, NO_RIGHTS } from '../identity/rights/room-rights.ts';
import { type DefaultRules, type RoomPatternRule, type RoomRule, RoomRules } from './room-rules.ts';
import { checkRoomRules, readRoomRulesFile, ROOM_RULES, type RuleTakers } from './room-rules-file.ts';

const KIB = 1024;
const DAY_MS = 86_400_000;
const MIB = 1024 * KIB;

const PATH = { pattern: /^.+$/, accepts: 'a path' };

/** What holds in rooms. */
export const ROOM_SETTINGS = {
  OUTCRY_HISTORY_COUNT: integer({
    meaning: 'Messages that a room keeps, where no rule says otherwise.',
    min: 0,
    max: 100_000,
    default: 1000,
  }),
  OUTCRY_HISTORY_MS: integer({
    meaning: 'How long a room keeps a message, in milliseconds, where no rule says otherwise.',
    min: 1000,
    max: 30 * DAY_MS,
    default: 600_000,
  }),
  OUTCRY_HISTORY_BYTES: integer({
    meaning:
      'Bytes of messages that are read of a room’s past at once: a `history` is answered in pages of so many, and no more than a third of OUTCRY_HARD_BUFFER_BYTES.',
    min: 1 * KIB,
    max: 64 * KIB * KIB,
    default: 256 * KIB,
  }),
  OUTCRY_ROOM_BYTES: integer({
    meaning:
      'Bytes of messages that a room stores at most, where no rule says otherwise; when there are more the older half goes. 0 is no limit.',
    min: 0,
    max: 1024 * MIB,
    default: 32 * MIB,
  }),
  OUTCRY_ROOM_UNARCHIVED_BYTES: integer({
    meaning:
      'Bytes of messages that a room whose rule says `archive: true` stores past all other bounds until they are archived; when there are more the older half is trimmed like any. 0 keeps none for that.',
    min: 0,
    max: 1024 * MIB,
    default: 64 * MIB,
  }),
  OUTCRY_INBOX_COUNT: integer({
    meaning: 'Messages that an inbox keeps, or OUTCRY_HISTORY_COUNT where that is less.',
    min: 0,
    max: 100_000,
    default: 200,
  }),
  OUTCRY_INBOX_BYTES: integer({
    meaning: 'The same of bytes as OUTCRY_ROOM_BYTES, of an inbox.',
    min: 0,
    max: 1024 * MIB,
    default: MIB,
  }),
  OUTCRY_ROOM_RULES_FILE: optionalText(PATH, {
    meaning: 'A JSON file of rules for rooms: docs/OPERATIONS.md. Unset: every room is alike.',
  }),
  OUTCRY_ROOM_RULES: optionalStructure(
    { schema: ROOM_RULES, accepts: 'a list of rules, as JSON in the environment' },
    { meaning: 'The list of rules itself, in place of OUTCRY_ROOM_RULES_FILE.' },
  ),
} as const;

/** JSON may take several times the bytes of what is stored, and a page comes at once, upon all that is unread. */
const UNREAD_DIVISOR = 3;

/** Bytes of one page of a room's past: never more than a client can be sent at once. */
export function historyPageBytesOf(
  settings: SettingValues<typeof ROOM_SETTINGS>,
  { hardBufferBytes }: { readonly hardBufferBytes: number },
): number {
  return Math.min(settings.OUTCRY_HISTORY_BYTES, Math.floor(hardBufferBytes / UNREAD_DIVISOR));
}

/**
 * The rules of all rooms. Where everybody is who they say they are, rights would protect nothing: then rooms are open unless a
 * rule says otherwise.
 *
 * @throws ConfigError with every problem of the file of rules at once
 */
export function loadRoomRules(
  settings: SettingValues<typeof ROOM_SETTINGS>,
  { areTokensChecked, ...takers }: { readonly areTokensChecked: boolean } & RuleTakers,
): RoomRules {
  const rights = areTokensChecked ? NO_RIGHTS : ALL_RIGHTS;
  const room: RoomRule = {
    retention: {
      count: settings.OUTCRY_HISTORY_COUNT,
      ms: settings.OUTCRY_HISTORY_MS,
      bytes: settings.OUTCRY_ROOM_BYTES,
      unarchivedBytes: settings.OUTCRY_ROOM_UNARCHIVED_BYTES,
    },
    presence: true,
    publish: 'members',
    signal: 'members',
    readHistory: true,
    users: rights,
    guests: rights,
  };
  const defaults: DefaultRules = {
    room,
    // Anybody may write to one that nobody has ever read, and under as many names as there can be.
    inbox: {
      ...room,
      retention: {
        count: Math.min(settings.OUTCRY_INBOX_COUNT, settings.OUTCRY_HISTORY_COUNT),
        ms: settings.OUTCRY_HISTORY_MS,
        bytes: settings.OUTCRY_INBOX_BYTES,
        unarchivedBytes: settings.OUTCRY_ROOM_UNARCHIVED_BYTES,
      },
    },
  };
  return new RoomRules(rulesOf(settings, { defaults, takers }), defaults.room, defaults.inbox);
}

function rulesOf(
  { OUTCRY_ROOM_RULES: rules, OUTCRY_ROOM_RULES_FILE: path }: SettingValues<typeof ROOM_SETTINGS>,
  { defaults, takers }: { readonly defaults: DefaultRules; readonly takers: RuleTakers },
): readonly RoomPatternRule[] {
  if (rules !== undefined) return checkRoomRules(rules, defaults, takers);
  return path === undefined ? [] : readRoomRulesFile(path, defaults, takers);
}

export function problemsOfRooms(settings: SettingValues<typeof ROOM_SETTINGS>): readonly string[] {
  const areTwo = settings.OUTCRY_ROOM_RULES !== undefined && settings.OUTCRY_ROOM_RULES_FILE !== undefined;
  return areTwo ? ['OUTCRY_ROOM_RULES: is not set where OUTCRY_ROOM_RULES_FILE is: there is one list of rules'] : [];
}
