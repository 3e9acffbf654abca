import { availableParallelism, cpus } from 'node:os';

/** What the generator itself costs the machine that it runs on. */
export interface GeneratorLoad {
  /** Processors that the generator kept busy: 1.5 is one and a half. */
  readonly cpuCores: number;
  /** 0 to 1: how busy the machine was, with everything that runs on it. */
  readonly machineBusy: number;
}

const MICROS_PER_MS = 1000;

/** Measures from one call to the next. */
export class GeneratorMeter {
  #cpu = process.cpuUsage();
  #at = performance.now();
  #machine = machineTimes();

  take(): GeneratorLoad {
    const now = performance.now();
    const { user, system } = process.cpuUsage(this.#cpu);
    const machine = machineTimes();
    const total = machine.total - this.#machine.total;
    const load = {
      cpuCores: (user + system) / MICROS_PER_MS / (now - this.#at),
      machineBusy: total === 0 ? 0 : 1 - (machine.idle - this.#machine.idle) / total,
    };
    this.#cpu = process.cpuUsage();
    this.#at = now;
    this.#machine = machine;
    return load;
  }
}

/** Processors that the generator may use. */
export function processors(): number {
  return availableParallelism();
}

function machineTimes(): { readonly idle: number; readonly total: number } {
  let idle = 0;
  let total = 0;
  for (const { times } of cpus()) {
    idle += times.idle;
    total += times.idle + times.user + times.nice + times.sys + times.irq;
  }
  return { idle, total };
}
