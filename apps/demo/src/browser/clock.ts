/** Two clocks, never compared with each other: what a server says is compared with the server's, durations are by the other. */
export interface Clock {
  /** Unix milliseconds by the gateways' clock, as well as this page can know it. */
  readonly serverNow: () => number;
  /** Milliseconds that only go forwards, whatever becomes of the computer's clock. */
  readonly monotonicMs: () => number;
}
