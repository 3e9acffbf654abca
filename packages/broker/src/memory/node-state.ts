import { setImmediate as nextTurn } from 'node:timers/promises';
import type { BrokerHandler } from '../rooms/broker.ts';
import { OutcryError } from '../outcry-error.ts';

/** Whether a node of a hub works, and how its calls are made. */
export class NodeState {
  #handler: BrokerHandler | undefined;
  #isClosed = false;

  start(handler: BrokerHandler): void {
    this.#handler = handler;
  }

  close(): void {
    this.#isClosed = true;
  }

  /**
   * Takes the step at once and settles in a later turn of the event loop, as over a network: whoever publishes in a loop
   * leaves room for I/O and for delivery. Rejects with `closed` behind `close`, with `unavailable` before `start`, and with
   * what the step throws.
   */
  async run<T>(step: (handler: BrokerHandler) => T): Promise<T> {
    try {
      return step(this.#assertWorking());
    } finally {
      await nextTurn();
    }
  }

  #assertWorking(): BrokerHandler {
    if (this.#isClosed) throw new OutcryError('closed', 'the backplane is closed');
    if (this.#handler === undefined) throw new OutcryError('unavailable', 'the backplane is not started');
    return this.#handler;
  }
}
