import { isRoomPattern } from '@outcry/protocol';
import { z } from 'zod';

import { RoomRight, type RoomRights } from './room-rights.ts';

export const MAX_PATTERNS = 64;

/** Rights by patterns of rooms. */
export type GrantList = readonly (readonly [pattern: string, rights: RoomRights])[];

/** `{"team.*": ["read", "write"]}`, as tokens and the operator's server write it. */
export const roomGrants = z
  .record(
    z.string().refine(isRoomPattern, 'expected a room name, in which * stands for any characters'),
    z.array(z.enum(RoomRight)),
  )
  .refine((grants) => Object.keys(grants).length <= MAX_PATTERNS, `expected at most ${String(MAX_PATTERNS)} patterns`)
  .transform((grants): GrantList => Object.entries(grants).map(([pattern, rights]) => [pattern, new Set(rights)]));
