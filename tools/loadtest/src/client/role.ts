import type { ClientFrame, ReceivedFrame } from '@outcry/protocol';

import type { Faults } from '../check/faults.ts';
import type { Heads } from '../check/heads.ts';

/** How a role speaks to the deployment: whichever connection the client has at the moment. */
export interface Link {
  /** The index of the URL that the client is connected to. */
  readonly target: number;
  /** Whom the deployment takes the client for. */
  readonly user: string;
  /** Frames that may be sent in a second, on average. */
  readonly framesPerSecond: number;
  /** An id that no other request of the client has. */
  nextId(): number;
  send(frame: ClientFrame<unknown>): void;
}

/** What a client does on its connections, one after another. */
export interface Role {
  /** Whether it has what it asked for, and is being sent things. */
  readonly isReady: boolean;
  /** For how long it heard nothing while it listened, at most, in milliseconds; undefined where it did not listen. */
  readonly longestSilenceMs: number | undefined;
  /** From now on it is to hear of something again and again, whether it is connected or not. */
  listen(now: number): void;
  stopListening(now: number): void;
  /** A connection is welcome: the role asks for what it needs. */
  opened(link: Link): void;
  received(frame: ReceivedFrame): void;
  closed(): void;
  /** Whether everything that was acknowledged has come. */
  hasReached(heads: Heads): boolean;
  faults(heads: Heads): Faults;
}
