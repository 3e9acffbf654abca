import type { Position, ReceivedFrame } from '@outcry/protocol';

import type { OutcryError } from '../primitives/errors.ts';

type Frame<T extends ReceivedFrame['type']> = Extract<ReceivedFrame, { type: T }>;

/**
 * Why continuity is broken: `reset` is the gateway's word, which read on where this client was too slow, or where the cluster
 * has lost messages; `notRecovered`: it could not resume from where this client was when it came back.
 */
export type GapReason = 'reset' | 'notRecovered';

/** What a room's member is told, in order. */
export type RoomNews =
  | { readonly type: 'message'; readonly frame: Frame<'message'>; readonly epoch: string }
  | { readonly type: 'signal'; readonly frame: Frame<'signal'> }
  | { readonly type: 'member'; readonly frame: Frame<'member'> }
  | {
      readonly type: 'joined';
      readonly position: Position;
      readonly isResumed: boolean;
      readonly isRecovered: boolean;
      readonly isReconnected: boolean;
      readonly memberCount: number | undefined;
    }
  | {
      readonly type: 'gap';
      readonly reason: GapReason;
      readonly position: Position;
      readonly missed: number | undefined;
    }
  | { readonly type: 'stale' | 'fresh' | 'away' }
  | { readonly type: 'left' }
  | { readonly type: 'failed'; readonly error: OutcryError };

/** One who is told of a room. */
export interface RoomListener {
  readonly listener: (news: RoomNews) => void;
}
