import { UnwritableError } from '../../outcry-error.ts';
import { type StorageStatus, WRITABLE } from '../../storage.ts';

export interface StorageWatchPort {
  /** Asks Redis for a write that needs memory and leaves nothing behind. Rejects with an `UnwritableError` where it is refused. */
  probe(): Promise<unknown>;
  handleStorage(storage: StorageStatus): void;
  /** Behind each look that finds that nothing can be written. */
  handleUnwritable(): Promise<void>;
}

/**
 * Knows whether Redis takes writes: by what it answers to whatever is written, and by a look now and then (rounds.ts), which alone
 * finds out that it takes them again.
 */
export class StorageWatch {
  readonly #port: StorageWatchPort;
  #status: StorageStatus = WRITABLE;
  #isLooking = false;

  constructor(port: StorageWatchPort) {
    this.#port = port;
  }

  get status(): StorageStatus {
    return this.#status;
  }

  /** What Redis has said. */
  note(status: StorageStatus): void {
    const { state, reason } = { reason: undefined, ...this.#status };
    if (status.state === state && ('reason' in status ? status.reason : undefined) === reason) return;
    this.#status = status;
    this.#port.handleStorage(status);
  }

  /**
   * Spares a Redis that has just refused to store anything another question.
   *
   * @throws UnwritableError where it is not known to take writes again
   */
  assertWritable(): void {
    if ('reason' in this.#status) throw new UnwritableError(this.#status.reason, this.#status.reason);
  }

  /** Rejects where Redis does not take writes now, or cannot be asked. */
  async probe(): Promise<void> {
    await this.#port.probe();
    this.note(WRITABLE);
  }

  /** Never rejects. Does nothing while another look is not over. */
  async look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      await this.probe();
    } catch (error) {
      if (error instanceof UnwritableError) await this.#port.handleUnwritable();
    } finally {
      this.#isLooking = false;
    }
  }
}
