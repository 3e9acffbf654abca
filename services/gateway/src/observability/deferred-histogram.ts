import { Histogram, type HistogramConfiguration } from 'prom-client';

/** Values that wait. */
const CAPACITY = 1024;

/**
 * A histogram of something that happens with every message: values wait until the registry is asked, or until there are many,
 * and are then counted in one go. prom-client runs through much code for each, which between two messages has left the caches.
 */
export class DeferredHistogram {
  readonly #histogram: Histogram;
  readonly #waiting = new Float64Array(CAPACITY);
  #count = 0;

  constructor(configuration: HistogramConfiguration<string>) {
    this.#histogram = new Histogram({
      ...configuration,
      collect: () => {
        this.#record();
      },
    });
  }

  observe(value: number): void {
    this.#waiting[this.#count] = value;
    this.#count += 1;
    if (this.#count === CAPACITY) this.#record();
  }

  #record(): void {
    for (const value of this.#waiting.subarray(0, this.#count)) this.#histogram.observe(value);
    this.#count = 0;
  }
}
