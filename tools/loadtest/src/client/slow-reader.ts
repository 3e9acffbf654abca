import type { SlowPlan } from '../plan/plan.ts';
import type { LoadClient } from './load-client.ts';

/** How long a slow reader reads between its pauses. */
const READ_MS = 100;

/** Makes one client read hardly anything. */
export class SlowReader {
  readonly #client: LoadClient;
  readonly #plan: SlowPlan;
  #timer: NodeJS.Timeout | undefined;

  constructor(client: LoadClient, plan: SlowPlan) {
    this.#client = client;
    this.#plan = plan;
  }

  start(): void {
    this.#client.pauseReading();
    this.#timer = setTimeout(() => {
      this.#client.resumeReading();
      this.#timer = setTimeout(() => {
        this.start();
      }, READ_MS);
    }, this.#plan.pauseMs);
  }

  /** Reads on, without pauses. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#client.resumeReading();
  }
}
