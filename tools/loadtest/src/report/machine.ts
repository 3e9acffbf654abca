import { arch, availableParallelism, cpus, totalmem, type as osType } from 'node:os';

import type { MachineInfo } from '../result/run-result.ts';

const GIB = 1024 ** 3;

/** The machine that the generator runs on. */
export function describeMachine(): MachineInfo {
  return {
    system: `${osType()} ${arch()}`,
    processor: cpus()[0]?.model ?? 'unknown',
    processors: availableParallelism(),
    memoryGiB: Math.round(totalmem() / GIB),
    node: process.version,
  };
}
