import { AnswerLimit } from '../pacing/answer-limit.ts';

interface Command {
  readonly expiresAt: number;
  expire(): void;
}

/**
 * One time limit for all commands of a connection, and one timer for all of them, which is set anew only when it has rung.
 * ioredis 6.0.0 sets and clears a timer for each. An answer that has arrived counts, however late the timer rings.
 */
export class CommandDeadlines {
  readonly #limitMs: number;
  /** Without an answer, the oldest first. */
  readonly #waiting = new Set<Command>();
  #limit: AnswerLimit | undefined;

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  /**
   * Settles as `reply` does, and not later than the limit.
   *
   * @throws Error `Command timed out`, or what `reply` rejects with
   */
  limit<T>(reply: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const command = {
        expiresAt: performance.now() + this.#limitMs,
        expire: () => {
          reject(new Error('Command timed out'));
        },
      };
      this.#waiting.add(command);
      if (this.#limit === undefined) this.#limit = this.#wakeAfter(this.#limitMs);
      reply.then(
        (value) => {
          this.#waiting.delete(command);
          resolve(value);
        },
        (error: unknown) => {
          this.#waiting.delete(command);
          reject(error instanceof Error ? error : new Error(String(error)));
        },
      );
    });
  }

  #wakeAfter(ms: number): AnswerLimit {
    return new AnswerLimit(ms, () => {
      this.#limit = this.#expireDue();
    });
  }

  /** The limit of the oldest of the others, where there are any. */
  #expireDue(): AnswerLimit | undefined {
    const now = performance.now();
    for (const command of this.#waiting) {
      if (command.expiresAt > now) return this.#wakeAfter(command.expiresAt - now);
      this.#waiting.delete(command);
      command.expire();
    }
    return undefined;
  }
}
