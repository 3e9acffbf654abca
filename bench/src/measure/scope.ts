/** Holds what has to be let go. It stands for `await using`, which Node 22 cannot run without a compiler. */
export class Scope {
  readonly #held: AsyncDisposable[] = [];

  /** Lets go of what was held, the last first, when `run` has ended in whichever way. */
  static async run<T>(run: (scope: Scope) => Promise<T>): Promise<T> {
    const scope = new Scope();
    try {
      return await run(scope);
    } finally {
      for (const held of scope.#held.reverse()) await held[Symbol.asyncDispose]();
    }
  }

  hold<T extends AsyncDisposable>(held: T): T {
    this.#held.push(held);
    return held;
  }
}
