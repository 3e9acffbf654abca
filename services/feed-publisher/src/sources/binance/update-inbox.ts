import type { DepthUpdate } from './depth-frames.ts';

/** Updates that wait for the snapshot or for the publisher: more than a minute and a half of a 100 ms stream. */
export const MAX_WAITING_UPDATES = 1000;

/**
 * What a symbol's stream has brought and nobody has taken yet, bounded: where it would hold too much, it forgets everything
 * and says so, and the book has to start anew.
 */
export class UpdateInbox {
  #waiting: DepthUpdate[] = [];
  #isUp = false;
  #lossReason: string | undefined;
  #wake: (() => void) | undefined;

  get isUp(): boolean {
    return this.#isUp;
  }

  /** Why updates are missing among those that were taken or wait, since `begin`; undefined while none are. */
  get lossReason(): string | undefined {
    return this.#lossReason;
  }

  get first(): DepthUpdate | undefined {
    return this.#waiting[0];
  }

  /** The newest of the updates up to that id. */
  newestUpTo(lastId: number): DepthUpdate | undefined {
    return this.#waiting.findLast((update) => update.lastId <= lastId);
  }

  setUp(): void {
    this.#isUp = true;
    this.notify();
  }

  setDown(reason: string): void {
    this.#isUp = false;
    this.lose(reason);
  }

  push(update: DepthUpdate): void {
    if (this.#waiting.length >= MAX_WAITING_UPDATES) this.lose('the publisher fell behind the stream');
    this.#waiting.push(update);
    this.notify();
  }

  /** Forgets an earlier loss: what waits now is whole. */
  begin(): void {
    this.#lossReason = undefined;
  }

  clear(): void {
    this.#waiting = [];
  }

  shift(): void {
    this.#waiting.shift();
  }

  /** Resolves when something has changed, when the time is over, or when `signal` aborts. */
  async whenChanged(signal: AbortSignal, timeoutMs?: number): Promise<void> {
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      const timer = timeoutMs === undefined ? undefined : setTimeout(resolve, timeoutMs);
      const finish = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', finish);
        resolve();
      };
      signal.addEventListener('abort', finish);
      this.#wake = finish;
    });
    this.#wake?.();
  }

  /** Forgets what waits: updates are missing, or the book is none any more. */
  lose(reason: string): void {
    this.#waiting = [];
    this.#lossReason ??= reason;
    this.notify();
  }

  /** Lets whoever waits look again. */
  notify(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}
