import { HeavyHitters } from './heavy-hitters.ts';

/** Keys that are followed for each measure. What is said of one falls short by a 256th of all at most: 0.4 %. */
const CAPACITY = 256;

export type Figures<M extends string> = Readonly<Record<M, number>>;

/** Finds who is the heaviest by each of several measures, in memory that does not depend on how many there are. */
export class Ranking<K, M extends string> {
  readonly #measures: readonly M[];
  readonly #sketches: Readonly<Record<M, HeavyHitters<K>>>;

  constructor(measures: readonly M[]) {
    this.#measures = measures;
    this.#sketches = this.#each(() => new HeavyHitters<K>(CAPACITY));
  }

  add(key: K, measure: M, weight: number): void {
    this.#sketches[measure].add(key, weight);
  }

  /** The first by each measure, with all that is certain of them. */
  first(count: number): readonly { readonly key: K; readonly figures: Figures<M> }[] {
    const keys = new Set(this.#measures.flatMap((measure) => this.#sketches[measure].top(count).map(({ key }) => key)));
    return [...keys].map((key) => ({ key, figures: this.#each((measure) => this.#sketches[measure].valueOf(key)) }));
  }

  /** What anybody, named by `first` or not, may have had more than was said. */
  missed(count: number): Figures<M> {
    return this.#each((measure) => {
      const sketch = this.#sketches[measure];
      return sketch.missed + (sketch.top(count + 1)[count]?.value ?? 0);
    });
  }

  #each<T>(make: (measure: M) => T): Record<M, T> {
    return Object.fromEntries(this.#measures.map((measure) => [measure, make(measure)])) as Record<M, T>;
  }
}
