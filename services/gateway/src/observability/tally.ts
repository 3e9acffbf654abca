/**
 * A count that goes up with every frame: a number, which the registry reads when it is asked. prom-client's own counter makes a
 * key of its labels with each step.
 */
export class Tally {
  #value = 0;

  get value(): number {
    return this.#value;
  }

  inc(by = 1): void {
    this.#value += by;
  }
}
