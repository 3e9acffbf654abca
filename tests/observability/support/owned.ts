/** What somebody has to let go of, last things first. Node 22 has no `AsyncDisposableStack`. */
export class Owned implements AsyncDisposable {
  readonly #things: (AsyncDisposable | Disposable)[] = [];

  keep<T extends AsyncDisposable | Disposable>(thing: T): T {
    this.#things.push(thing);
    return thing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const thing of this.#things.splice(0).reverse()) {
      if (Symbol.asyncDispose in thing) await thing[Symbol.asyncDispose]();
      else thing[Symbol.dispose]();
    }
  }
}
