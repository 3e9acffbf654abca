import type { OutcryError } from '../primitives/errors.ts';

/** Where the client stands, by `state`. */
export type ClientStatus = ConnectingStatus | ConnectedStatus | ReconnectingStatus | ClosedStatus;

/** The first connection is being made. */
export interface ConnectingStatus {
  readonly state: 'connecting';
}

/** There is a session, and everything flows. */
export interface ConnectedStatus {
  readonly state: 'connected';
  /** Who the gateway takes this client for. */
  readonly user: string;
  /** The gateway's name. */
  readonly node: string;
  /** This connection's name in the cluster. */
  readonly connection: string;
  /** What comes is seconds old: the gateway has said that this client reads too slowly, or frames and answers show it. */
  readonly isLagging: boolean;
  /**
   * The gateway wants this connection to end, as it does when it shuts down. The client is about to be on another one, and everything goes
   * on meanwhile; or it is closed next, and comes back when it was told to.
   */
  readonly isDraining: boolean;
}

/** The connection was lost and is coming back; rooms and books resume by themselves. */
export interface ReconnectingStatus {
  readonly state: 'reconnecting';
  /** Attempts that have failed since the loss. */
  readonly attempt: number;
  /** When the next attempt begins, by `client.now()`; undefined while one is under way. */
  readonly retryAt: number | undefined;
  /** Why there is no connection: in `message` for people, in `cause` what the platform or the token function said. */
  readonly error: OutcryError;
}

/** For good. */
export interface ClosedStatus {
  readonly state: 'closed';
  /** Why; undefined after `close()`. */
  readonly error: OutcryError | undefined;
}
