import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

export interface BystanderData {
  readonly url: string;
  readonly intervalMs: number;
}

/** What somebody who publishes all the time has noticed since he was asked last. */
export interface Notice {
  /** From each publish to its answer. */
  readonly waitsMs: readonly number[];
  /** Publishes that were not acknowledged. */
  readonly refused: number;
}

const INTERVAL_MS = 20;

/** Somebody on another gateway who has nothing to do with it. In a thread of its own, so that nobody waits for the attacker's own work. */
export class Bystander implements AsyncDisposable {
  readonly #thread: Worker;

  private constructor(thread: Worker) {
    this.#thread = thread;
  }

  static async join(url: string): Promise<Bystander> {
    const workerData: BystanderData = { url, intervalMs: INTERVAL_MS };
    const thread = new Worker(new URL('bystander-thread.ts', import.meta.url), { workerData });
    await once(thread, 'message');
    return new Bystander(thread);
  }

  async take(): Promise<Notice> {
    const answer = once(this.#thread, 'message');
    this.#thread.postMessage('take');
    const [notice] = (await answer) as [Notice];
    return notice;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#thread.terminate();
  }
}

/** The wait that this share of all is not above; 0 where there is none. */
export function quantile(waitsMs: readonly number[], share: number): number {
  const sorted = waitsMs.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? 0;
}
