/** What the shell is told. */
export const ExitCode = {
  Done: 0,
  /** The gateway refused, or has closed the connection for good; or a service says that it is not ready. */
  Refused: 1,
  /** The command line, or what came in, makes no sense. */
  Usage: 2,
  /** There is no connection, or no answer within the time limit. */
  NoAnswer: 3,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** For `--help`. */
export const EXIT_CODE_LINES = `
Exit codes:
  0  done; Ctrl-C and a closed pipe end quietly, too
  1  the gateway refused, or a service is not ready
  2  the command line, or what came in, makes no sense
  3  no connection, or no answer within --timeout`;
