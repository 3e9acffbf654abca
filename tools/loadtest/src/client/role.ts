import type { ClientFrame, ReceivedFrame } from '@outcry/protocol';

import type { Faults } from '../check/faults.ts';
import type { Heads } from '../check/heads.ts';

/** How a role speaks to the deployment: whichever connection the client has at the moment. */
export interface Link {
  /** The index of the URL that the client is connected to. */
  readonly target: number;
  send(frame: ClientFrame<unknown>): void;
}

/** What a client does on its connections, one after another. */
export interface Role {
  /** Whether it has what it asked for, and is being sent things. */
  readonly isReady: boolean;
  /** A connection is welcome: the role asks for what it needs. */
  opened(link: Link): void;
  received(frame: ReceivedFrame): void;
  closed(): void;
  /** Whether everything that was acknowledged has come. */
  hasReached(heads: Heads): boolean;
  faults(heads: Heads): Faults;
}
