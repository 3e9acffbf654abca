/** The streams of one connection of which a client that lags needs only the newest state. */
export interface ConflatableStreams {
  /** Whether something is held back. */
  readonly isBehind: boolean;
  /** Ends delivery of all of them. The client is told before. */
  holdBack(): void;
  /** Sends the newest state of one that is held back, and delivers it again from there on. */
  catchUpOne(): void;
}
