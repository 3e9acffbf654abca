import type { Environment } from '@outcry/config';

/** The only reader of the process's environment. */
export function readEnvironment(): Environment {
  return process.env;
}
