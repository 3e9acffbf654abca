/** How long a walk keeps the loop to itself. */
const MAX_TURN_MS = 1;
/** Steps between two looks at the clock: most are a comparison. */
const STRIDE = 64;

/** Walks over what may be many, a little in each turn of the loop, one walk behind the other. */
export class OverTurns {
  #last: Promise<void> = Promise.resolve();

  /** Resolves at the end, or where `visit` returns false. `visit` never throws. */
  each<T>(all: Iterable<T>, visit: (one: T) => boolean): Promise<void> {
    const walk = this.#last.then(
      () =>
        new Promise<void>((resolve) => {
          goOn(all[Symbol.iterator](), visit, resolve);
        }),
    );
    this.#last = walk;
    return walk;
  }
}

function goOn<T>(ahead: Iterator<T>, visit: (one: T) => boolean, end: () => void): void {
  const startedAt = performance.now();
  while (performance.now() - startedAt < MAX_TURN_MS) {
    for (let i = 0; i < STRIDE; i += 1) {
      const next = ahead.next();
      if (next.done === true || !visit(next.value)) {
        end();
        return;
      }
    }
  }
  setImmediate(() => {
    goOn(ahead, visit, end);
  });
}
