import { readFile } from 'node:fs/promises';

import { Redis } from 'ioredis';

/** Linux counts in these, whatever the kernel's own clock (`getconf CLK_TCK`). */
const MS_PER_TICK = 10;
const PAGE_BYTES = 4096;
/** In /proc/<pid>/stat, behind the name: user and system time of the process. */
const UTIME = 11;
const STIME = 12;
const SAMPLE_MS = 100;

/** The processor time of a process, with all its threads. */
export async function cpuMsOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${String(pid)}/stat`, 'utf8');
  // The name may hold anything, blanks and brackets too.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[UTIME]) + Number(fields[STIME])) * MS_PER_TICK;
}

export async function residentBytesOf(pid: number): Promise<number> {
  const statm = await readFile(`/proc/${String(pid)}/statm`, 'utf8');
  return Number(statm.split(' ')[1]) * PAGE_BYTES;
}

/** What Redis says of itself. */
export interface RedisUsage {
  readonly cpuMs: number;
  readonly sentBytes: number;
  readonly usedBytes: number;
}

/** Asks a Redis on a connection of its own, one question at a time. */
export class RedisMeter implements Disposable {
  readonly #redis: Redis;

  constructor({ host, port }: { readonly host: string; readonly port: number }) {
    this.#redis = new Redis({ host, port });
  }

  async read(): Promise<RedisUsage> {
    const info = await this.#redis.info('everything');
    const numberOf = (name: string): number => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(info)?.[1] ?? NaN);
    return {
      cpuMs: (numberOf('used_cpu_user') + numberOf('used_cpu_sys')) * 1000,
      sentBytes: numberOf('total_net_output_bytes'),
      usedBytes: numberOf('used_memory'),
    };
  }

  [Symbol.dispose](): void {
    this.#redis.disconnect();
  }
}

/** The most memory that a process had at any look. */
export class PeakMemory implements Disposable {
  readonly #timer: NodeJS.Timeout;
  #bytes = 0;

  constructor(pid: number) {
    this.#timer = setInterval(() => {
      void residentBytesOf(pid).then(
        (bytes) => {
          this.#bytes = Math.max(this.#bytes, bytes);
        },
        // It has ended: what it had before stands.
        () => undefined,
      );
    }, SAMPLE_MS);
  }

  get bytes(): number {
    return this.#bytes;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
