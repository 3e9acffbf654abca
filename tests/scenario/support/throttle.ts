import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** How a process is slowed down: in each period, it runs for so long. */
export interface ThrottleTask {
  readonly pid: number;
  readonly periodMs: number;
  readonly runMs: number;
}

/**
 * Gives a process a share of a processor only, as a limit of a container does: it is stopped for the rest of each period. A thread of
 * its own does that, for the one that asks has clients to look after.
 */
export class Throttle implements AsyncDisposable {
  readonly #worker: Worker;
  readonly #pid: number;

  constructor(task: ThrottleTask) {
    this.#pid = task.pid;
    this.#worker = new Worker(new URL('./throttle-thread.ts', import.meta.url), { workerData: task });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#worker, 'exit');
    await this.#worker.terminate();
    await ended;
    process.kill(this.#pid, 'SIGCONT');
  }
}
