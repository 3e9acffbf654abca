import type { SendableFrame } from '@outcry/protocol';

import type { Asker } from './answer.ts';
import type { RoomState } from './room-state.ts';

/** Something asked of the gateway. It is encoded once: what is repeated is repeated byte for byte. */
export interface Request extends Asker {
  readonly id: number;
  readonly frame: SendableFrame;
  readonly frameBytes: number;
  /** It is sent only while this room is joined. */
  readonly room: RoomState | undefined;
  /** Requests of one lane do not overtake each other while they wait; those of a room have the room for a lane. */
  readonly lane: string | undefined;
  /** When it fails as `timedOut`. */
  readonly deadlineAt: number;
  /** Whether it is sent again on the next connection, or fails with this one. */
  readonly isRepeatable: boolean;
  /** A publish: it may have been stored although no answer came. */
  readonly isPublish: boolean;
}
