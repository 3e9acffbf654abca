import { Counter, Gauge, Histogram, Registry } from 'prom-client';

import { collectProcessMetrics } from './process-metrics.ts';

export interface HistogramShape<T extends string> {
  readonly buckets: readonly number[];
  readonly labelNames?: readonly T[];
}

/** The metrics of one service, in a registry of its own. Each name is without the `outcry_<service>_` that it begins with. */
export class ServiceMetrics {
  readonly registry = new Registry();
  readonly #prefix: string;

  /** @param service In letters and underscores. */
  constructor(service: string) {
    this.#prefix = `outcry_${service}`;
  }

  counter<T extends string>(name: string, help: string, ...labelNames: readonly T[]): Counter<T> {
    return new Counter({ ...this.#own(name), help, labelNames: [...labelNames] });
  }

  gauge<T extends string>(name: string, help: string, ...labelNames: readonly T[]): Gauge<T> {
    return new Gauge({ ...this.#own(name), help, labelNames: [...labelNames] });
  }

  /** A gauge that is read when the metrics are; 1 for true. */
  watch(name: string, help: string, read: () => number | boolean): void {
    new Gauge({
      ...this.#own(name),
      help,
      collect() {
        this.set(Number(read()));
      },
    });
  }

  histogram<T extends string>(
    name: string,
    help: string,
    { buckets, labelNames = [] }: HistogramShape<T>,
  ): Histogram<T> {
    return new Histogram({ ...this.#own(name), help, buckets: [...buckets], labelNames: [...labelNames] });
  }

  /** Of the process, too: memory, CPU, event loop, garbage collection, lines of the log that were lost. */
  addProcess(): void {
    collectProcessMetrics(this.registry, this.#prefix);
  }

  /** Everything in the Prometheus text format. */
  expose(): Promise<string> {
    return this.registry.metrics();
  }

  #own(name: string): { readonly name: string; readonly registers: Registry[] } {
    return { name: `${this.#prefix}_${name}`, registers: [this.registry] };
  }
}
