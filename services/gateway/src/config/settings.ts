import { boolean, integer, optionalText, text } from '@outcry/config';
import { API_KEYS, COMMON_SETTINGS, HOST, NAME } from '@outcry/service';

import { AUTH_SETTINGS } from '../identity/settings.ts';
import { DOOR_SETTINGS } from '../transport/settings.ts';

const KIB = 1024;
const DAY_MS = 86_400_000;

const PATH = { pattern: /^.+$/, accepts: 'a path' };

/** Every setting of the gateway, by its environment variable. docs/CONFIGURATION.md is made from this. */
export const GATEWAY_SETTINGS = {
  OUTCRY_HOST: text(HOST, { meaning: 'Address of the public port.', default: '0.0.0.0' }),
  OUTCRY_PORT: integer({ meaning: 'Public port; 0 takes any free one.', min: 0, max: 65_535, default: 1337 }),
  ...COMMON_SETTINGS,
  OUTCRY_NODE_ID: optionalText(NAME, { meaning: 'Names this gateway in the cluster. Unset: a random name.' }),
  ...AUTH_SETTINGS,
  OUTCRY_API_KEYS: optionalText(API_KEYS, {
    meaning:
      'Any of these keys lets a server of yours use the API on the internal port: docs/SERVER-API.md. Several, so that one can be replaced. Unset: there is no API.',
    isSecret: true,
  }),
  OUTCRY_DEMO: boolean({ meaning: 'Serves the demo page on the public port.', default: false }),
  OUTCRY_DEMO_DIR: optionalText(PATH, {
    meaning: 'The folder of the built demo page; required where OUTCRY_DEMO is `true`.',
  }),
  OUTCRY_COALESCE_MS: integer({
    meaning: 'Relayed messages that follow each other within this time go out together; 0 switches it off.',
    min: 0,
    max: 100,
    default: 5,
  }),
  OUTCRY_MAX_FRAME_BYTES: integer({
    meaning: 'Largest frame of a client; a larger one ends the connection with `tooBig`.',
    min: 256,
    max: 1024 * KIB,
    default: 16 * KIB,
  }),
  OUTCRY_MAX_FRAMES_PER_SECOND: integer({
    meaning: 'Frames that one connection may send, with bursts of twice as many; 0 is no limit.',
    min: 0,
    max: 1_000_000,
    default: 50,
  }),
  OUTCRY_MAX_BYTES_PER_SECOND: integer({
    meaning: 'Bytes of frames that one connection may send, with bursts of twice as many; 0 is no limit.',
    min: 0,
    max: 1024 * KIB * KIB,
    default: 256 * KIB,
  }),
  OUTCRY_MAX_CONTROL_FRAMES_PER_SECOND: integer({
    meaning: 'WebSocket pings and pongs that one connection may send, with bursts of twice as many; 0 is no limit.',
    min: 0,
    max: 1_000_000,
    default: 10,
  }),
  OUTCRY_MAX_JOINS_PER_SECOND: integer({
    meaning:
      'Joins of one connection, with bursts of OUTCRY_MAX_ROOMS, or of twice as many where that is more; 0 is no limit. They count as frames, too.',
    min: 0,
    max: 1_000_000,
    default: 20,
  }),
  OUTCRY_MAX_CONNECTIONS: integer({
    meaning: 'Connections of this gateway; one more is answered with 503.',
    min: 1,
    max: 10_000_000,
    default: 100_000,
  }),
  ...DOOR_SETTINGS,
  OUTCRY_MAX_ROOMS: integer({ meaning: 'Rooms that one session may be in.', min: 1, max: 10_000, default: 128 }),
  OUTCRY_MAX_SUBSCRIPTIONS: integer({
    meaning: 'Book classes that one session may watch.',
    min: 1,
    max: 10_000,
    default: 64,
  }),
  OUTCRY_HEARTBEAT_MS: integer({
    meaning: 'How often a connection is pinged.',
    min: 100,
    max: 60_000,
    default: 25_000,
  }),
  OUTCRY_IDLE_TIMEOUT_MS: integer({
    meaning: 'Silence after which a connection is closed with `heartbeatTimeout`; more than OUTCRY_HEARTBEAT_MS.',
    min: 200,
    max: 110_000,
    default: 45_000,
  }),
  OUTCRY_SOFT_BUFFER_BYTES: integer({
    meaning:
      'Unread bytes from which a client is told that it is `lagging`, and gets no more of its books until it has read most of them.',
    min: 4 * KIB,
    max: 64 * KIB * KIB,
    default: 256 * KIB,
  }),
  OUTCRY_HARD_BUFFER_BYTES: integer({
    meaning: 'Unread bytes from which a client is closed with `slowConsumer`; more than OUTCRY_SOFT_BUFFER_BYTES.',
    min: 8 * KIB,
    max: 256 * KIB * KIB,
    default: 1024 * KIB,
  }),
  OUTCRY_LAGGING_TIMEOUT_MS: integer({
    meaning: 'How long a client that is `lagging` may read nothing before it is closed with `slowConsumer`.',
    min: 100,
    max: 600_000,
    default: 60_000,
  }),
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
  OUTCRY_ROOM_RULES_FILE: optionalText(PATH, {
    meaning: 'A JSON file of rules for rooms: docs/OPERATIONS.md. Unset: every room is alike.',
  }),
  OUTCRY_MAX_SIGNALS_PER_SECOND: integer({
    meaning:
      'Signals that one connection may send, with bursts of twice as many; 0 is no limit. They count as frames, too.',
    min: 0,
    max: 1_000_000,
    default: 10,
  }),
  OUTCRY_RECONNECT_SPREAD_MS: integer({
    meaning: 'A gateway that shuts down tells each client its own delay before it reconnects, up to this.',
    min: 0,
    max: 600_000,
    default: 5000,
  }),
} as const;
