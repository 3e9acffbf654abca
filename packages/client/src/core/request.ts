import type { SendableFrame } from '@outcry/protocol';

import type { Asker } from './answer.ts';
import type { Encodable } from './effects.ts';
import type { RoomState } from './room-state.ts';

/** A request as it goes out. What is repeated is repeated byte for byte. */
export interface EncodedRequest {
  readonly frame: SendableFrame;
  readonly bytes: number;
}

/** Something asked of the gateway. It waits in its place from when it is made, also while what it says is not known yet. */
export interface Request extends Asker, Encodable {
  readonly id: number;
  /** Undefined where each user's is another: it is encoded when it could go out. */
  readonly encoded: EncodedRequest | undefined;
  /** What it says is being checked: it does not go out before `Machine.handleChecked`. */
  readonly isUnchecked: boolean;
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
  /** What the operator's server is to do: it may have been done although no answer came, and there is a rate for it. */
  readonly isCall: boolean;
}
