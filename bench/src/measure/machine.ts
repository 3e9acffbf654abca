import { cpus, platform, release, totalmem } from 'node:os';

const BYTES_PER_GIB = 1024 ** 3;

/** Where the figures come from. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
}

export function describeMachine(): Machine {
  const cores = cpus();
  return {
    cpu: cores[0]?.model ?? 'unknown',
    cores: cores.length,
    memoryGiB: Math.round(totalmem() / BYTES_PER_GIB),
    system: `${platform()} ${release()}`,
    node: process.version,
  };
}
