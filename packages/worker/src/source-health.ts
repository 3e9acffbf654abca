import { OutcryError } from '@outcry/broker';
import type { Logger } from '@outcry/service';

/** A fault that lasts is told again and again; in the log it is once in so long. */
const REPEATED_AFTER_MS = 60_000;

/** Whether a database can be used, as the last call of it found. */
export class SourceHealth {
  readonly #logger: Pick<Logger, 'info' | 'warn'>;
  readonly #name: string;
  readonly #countFault: () => void;
  #isUp = false;
  #lastFault = '';
  #loggedAt = -Infinity;

  /**
   * @param name What it is called in the log.
   * @param countFault Called for each call that failed.
   */
  constructor(logger: Pick<Logger, 'info' | 'warn'>, name = 'source', countFault: () => void = () => undefined) {
    this.#logger = logger;
    this.#name = name;
    this.#countFault = countFault;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** The result of a call; undefined where it failed for a fault of operation. */
  async watch<T>(call: () => Promise<T>): Promise<T | undefined> {
    try {
      const result = await call();
      this.succeed();
      return result;
    } catch (err) {
      if (!(err instanceof OutcryError)) throw err;
      this.fail(err);
      this.#countFault();
      return undefined;
    }
  }

  succeed(): void {
    if (!this.#isUp) this.#logger.info(`${this.#name} found`);
    this.#isUp = true;
    this.#lastFault = '';
  }

  fail(err: OutcryError): void {
    // Somebody else reads a partition: nothing is wrong with the source.
    if (err.code !== 'fenced') this.#isUp = false;
    const now = performance.now();
    if (err.message === this.#lastFault && now - this.#loggedAt < REPEATED_AFTER_MS) return;
    this.#lastFault = err.message;
    this.#loggedAt = now;
    this.#logger.warn({ err }, `${this.#name} fault`);
  }
}
