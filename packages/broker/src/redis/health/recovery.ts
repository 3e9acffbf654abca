import { OutcryError } from '../../outcry-error.ts';
import type { BrokerStatus } from '../../status.ts';
import { backoffMs } from '../pacing/backoff.ts';

export interface RecoveryPort {
  /** Makes live delivery whole; rejects where it cannot be done now. */
  restore(): Promise<void>;
  handleStatus(status: BrokerStatus): void;
  handleFault(fault: OutcryError): void;
}

/** Brings live delivery back after whatever broke it, however often it takes, and says when it is whole. */
export class Recovery {
  readonly #port: RecoveryPort;
  #status: BrokerStatus = 'up';
  #isRunning = false;
  /** Broken since the current attempt began: what it achieves does not count. */
  #isBroken = false;
  #isClosed = false;
  #attempt = 0;
  #timer: NodeJS.Timeout | undefined;
  #wake: (() => void) | undefined;

  constructor(port: RecoveryPort) {
    this.#port = port;
  }

  /** Live delivery can no longer be vouched for. */
  handleBroken(): void {
    if (this.#isClosed) return;
    this.#isBroken = true;
    if (this.#status === 'up') {
      this.#status = 'down';
      this.#port.handleStatus('down');
    }
    if (!this.#isRunning) void this.#run();
  }

  /** There is reason to believe that an attempt would succeed now: it does not wait any longer. */
  hurry(): void {
    this.#wake?.();
  }

  close(): void {
    this.#isClosed = true;
    this.#wake?.();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#status === 'down' && !this.#hasClosed()) {
      if (!(await this.#tryRestore())) await this.#pause();
    }
    this.#isRunning = false;
  }

  async #tryRestore(): Promise<boolean> {
    this.#isBroken = false;
    try {
      await this.#port.restore();
    } catch (error) {
      if (error instanceof OutcryError && !this.#hasClosed()) this.#port.handleFault(error);
      return false;
    }
    if (this.#wasBroken() || this.#hasClosed()) return false;
    this.#attempt = 0;
    this.#status = 'up';
    this.#port.handleStatus('up');
    return true;
  }

  async #pause(): Promise<void> {
    if (this.#hasClosed()) return;
    this.#attempt += 1;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      this.#timer = setTimeout(resolve, backoffMs(this.#attempt));
    });
    clearTimeout(this.#timer);
    this.#wake = undefined;
  }

  #hasClosed(): boolean {
    return this.#isClosed;
  }

  #wasBroken(): boolean {
    return this.#isBroken;
  }
}
