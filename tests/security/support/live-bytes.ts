import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/**
 * What this process still has a use for, in bytes: what is left behind a collection. Its resident memory also holds what the
 * collector has not looked for yet, which in the first minute of a process is as much as a leak would be.
 */
export function liveBytes(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
