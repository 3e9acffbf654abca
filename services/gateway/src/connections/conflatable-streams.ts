/** Streams of one connection that can wait for a client that lags, and be made good when it has room again. */
export interface ConflatableStreams {
  /** Whether something is held back that can be made good now. */
  readonly isBehind: boolean;
  /** Whether anything is held back, what is being made good included. */
  readonly isHoldingBack: boolean;
  /** Ends delivery of all of them. The client is told before. */
  holdBack(): void;
  /** Makes one good, and delivers it again from there on: a book by its newest state, a room by what was missed. */
  catchUpOne(): void;
}

/** Of a connection that nothing is streamed to yet. */
export const NO_STREAMS: ConflatableStreams = {
  isBehind: false,
  isHoldingBack: false,
  holdBack: () => undefined,
  catchUpOne: () => undefined,
};
