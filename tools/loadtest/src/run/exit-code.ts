/** How the program ends. */
export const ExitCode = {
  Passed: 0,
  /** A check did not hold. */
  Failed: 1,
  /** Wrong options, or no deployment. */
  Unusable: 2,
  /** By Ctrl-C, with nothing wrong until then. */
  Interrupted: 130,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];
