import { vi } from 'vitest';

interface PlainTimer {
  at: number;
  readonly everyMs: number | undefined;
  readonly run: () => void;
  unref(): PlainTimer;
  refresh(): PlainTimer;
}

/**
 * Timers that run when they are told to, and not many of them. Vitest's own (5.1.1, fake-timers 15) lose timers once one of
 * them was refreshed: `refresh` changes its time before it takes it out of the heap, which then is none any more.
 */
export class PlainClock {
  readonly #timers = new Set<PlainTimer>();
  #now = 0;

  /** Takes the place of the global timers, until `vi.unstubAllGlobals`. */
  install(): void {
    const clear = (timer: PlainTimer | undefined): void => {
      if (timer !== undefined) this.#timers.delete(timer);
    };
    vi.stubGlobal('setTimeout', (run: () => void, ms: number) => this.#start(run, ms, undefined));
    vi.stubGlobal('setInterval', (run: () => void, ms: number) => this.#start(run, ms, ms));
    vi.stubGlobal('clearTimeout', clear);
    vi.stubGlobal('clearInterval', clear);
    vi.stubGlobal('performance', { now: () => this.#now });
  }

  /** Runs what is due in this time, in order. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let next = this.#next(); next !== undefined && next.at <= end; next = this.#next()) {
      this.#now = next.at;
      if (next.everyMs === undefined) this.#timers.delete(next);
      else next.at += next.everyMs;
      next.run();
    }
    this.#now = end;
  }

  #start(run: () => void, ms: number, everyMs: number | undefined): PlainTimer {
    const timer: PlainTimer = {
      at: this.#now + ms,
      everyMs,
      run,
      unref: () => timer,
      refresh: () => {
        timer.at = this.#now + ms;
        return timer;
      },
    };
    this.#timers.add(timer);
    return timer;
  }

  #next(): PlainTimer | undefined {
    let first: PlainTimer | undefined;
    for (const timer of this.#timers) if (first === undefined || timer.at < first.at) first = timer;
    return first;
  }
}
