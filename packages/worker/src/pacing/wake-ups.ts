/** Hints by name that there may be something to do. None is lost between a look and the wait that follows it. */
export class WakeUps {
  /** Whether each has been woken since it was armed. */
  readonly #isWoken = new Map<string, boolean>();
  readonly #waiting = new Map<string, () => void>();

  /** Called before a look: what comes from now on ends the next wait. */
  arm(name: string): void {
    this.#isWoken.set(name, false);
  }

  wake(name: string): void {
    this.#isWoken.set(name, true);
    this.#waiting.get(name)?.();
  }

  wakeAll(): void {
    for (const name of [...this.#isWoken.keys()]) this.wake(name);
  }

  /** Resolves at a hint, or after `ms`, or when `signal` aborts. One waits for a name at a time. */
  wait(name: string, ms: number, signal: AbortSignal): Promise<void> {
    if (this.#isWoken.get(name) === true || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', finish);
        this.#waiting.delete(name);
        resolve();
      };
      const timer = setTimeout(finish, ms);
      signal.addEventListener('abort', finish);
      this.#waiting.set(name, finish);
    });
  }
}
