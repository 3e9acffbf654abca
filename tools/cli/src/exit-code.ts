/** What the shell is told. */
export const ExitCode = {
  Done: 0,
  /** The gateway refused, or the connection is closed for good. */
  Failed: 1,
  /** The command line makes no sense. */
  Usage: 2,
  /** Nobody answered within the time limit. */
  TimedOut: 3,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];
