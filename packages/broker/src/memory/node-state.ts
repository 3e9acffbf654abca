import { setImmediate as nextTurn } from 'node:timers/promises';
import { OutcryError } from '../outcry-error.ts';

/** Whether a node of a hub works, and how its calls are made. */
export class NodeState {
  #isStarted = false;
  #isClosed = false;

  start(): void {
    this.#isStarted = true;
  }

  close(): void {
    this.#isClosed = true;
  }

  /**
   * Takes the step at once and settles in a later turn of the event loop, as over a network: whoever publishes in a loop
   * leaves room for I/O and for delivery. Rejects with `closed` behind `close`, with `unavailable` before `start`, and with
   * what the step throws.
   */
  async run<T>(step: () => T): Promise<T> {
    try {
      this.#assertWorking();
      return step();
    } finally {
      await nextTurn();
    }
  }

  #assertWorking(): void {
    if (this.#isClosed) throw new OutcryError('closed', 'the backplane is closed');
    if (!this.#isStarted) throw new OutcryError('unavailable', 'the backplane is not started');
  }
}
