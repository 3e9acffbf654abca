import { integer, type SettingValues } from '@outcry/config';

const KIB = 1024;

/** What one session may send and have. */
export const SESSION_SETTINGS = {
  OUTCRY_MAX_FRAME_BYTES: integer({
    meaning: 'Largest frame of a client; a larger one ends the connection with `tooBig`.',
    min: 256,
    max: 1024 * KIB,
    default: 16 * KIB,
  }),
  OUTCRY_MAX_ROOMS: integer({ meaning: 'Rooms that one session may be in.', min: 1, max: 10_000, default: 128 }),
  OUTCRY_MAX_SUBSCRIPTIONS: integer({
    meaning: 'Book classes that one session may watch.',
    min: 1,
    max: 10_000,
    default: 64,
  }),
} as const;

export interface SessionLimits {
  readonly maxFrameBytes: number;
  readonly maxRooms: number;
  readonly maxSubscriptions: number;
}

export function sessionLimitsOf(settings: SettingValues<typeof SESSION_SETTINGS>): SessionLimits {
  return {
    maxFrameBytes: settings.OUTCRY_MAX_FRAME_BYTES,
    maxRooms: settings.OUTCRY_MAX_ROOMS,
    maxSubscriptions: settings.OUTCRY_MAX_SUBSCRIPTIONS,
  };
}
