import type { BacklogLimits } from '../connections/backlog.ts';
import type { Rate } from '../limits/token-bucket.ts';

const KIB = 1024;

/** What those who look may cost. None of it is a setting: few people look, and what they may ask for is known. */
export interface LiveLimits {
  /** Sockets at once, those that have not said who they are included. */
  readonly maxSockets: number;
  /** Of these, such as have not said it yet; and how long they may take. */
  readonly maxWaiting: number;
  readonly authDeadlineMs: number;
  /** Frames that are kept meanwhile. */
  readonly maxHeldFrames: number;
  readonly maxFrameBytes: number;
  /** Of one socket. Pings and pongs count as frames. */
  readonly frames: Rate;
  readonly joins: Rate;
  readonly maxRooms: number;
  /** Of all sockets together. */
  readonly maxOpenRooms: number;
  /** Questions to the cluster, for all rooms together: with more rooms each is asked for less often. */
  readonly asks: Rate;
  /** Of one answer, in a room. */
  readonly maxMessageBytes: number;
  readonly backlog: BacklogLimits;
  readonly heartbeatMs: number;
  /** Silence after which a socket is taken for dead. */
  readonly idleTimeoutMs: number;
}

/**
 * A page has at most three rooms, and leaves them for others with each view. What several gateways ask in one second is answered once,
 * and has places of its own where answers lie (`Answering`): those who look leave the others theirs.
 */
export const LIVE_LIMITS: LiveLimits = {
  maxSockets: 64,
  maxWaiting: 16,
  authDeadlineMs: 5000,
  maxHeldFrames: 32,
  maxFrameBytes: 8 * KIB,
  frames: { perSecond: 10, burst: 40 },
  joins: { perSecond: 5, burst: 20 },
  maxRooms: 16,
  maxOpenRooms: 64,
  asks: { perSecond: 5, burst: 10 },
  maxMessageBytes: 512 * KIB,
  backlog: { softBufferBytes: 256 * KIB, hardBufferBytes: 1024 * KIB, laggingTimeoutMs: 60_000 },
  heartbeatMs: 15_000,
  idleTimeoutMs: 45_000,
};
