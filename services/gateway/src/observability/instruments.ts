import { Counter, Gauge, type Registry } from 'prom-client';

import { DeferredHistogram } from './deferred-histogram.ts';
import { Tally } from './tally.ts';

const LAG_BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** Makes what a gateway counts with, each under its name. */
export class Instruments {
  readonly #registry: Registry;

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /** A gauge that is read when it is asked for. */
  read(name: string, help: string, value: () => number): void {
    new Gauge({
      name: `outcry_gateway_${name}`,
      help,
      registers: [this.#registry],
      collect() {
        this.set(value());
      },
    });
  }

  gauge(name: string, help: string, labelNames: string[] = []): Gauge {
    return new Gauge({ name: `outcry_gateway_${name}`, help, labelNames, registers: [this.#registry] });
  }

  /** @param labels the values that are known of each label */
  counter(name: string, help: string, labels: Readonly<Record<string, readonly string[]>> = {}): Counter {
    const labelNames = Object.keys(labels);
    const counter = new Counter({ name: `outcry_gateway_${name}`, help, labelNames, registers: [this.#registry] });
    for (const each of combinationsOf(labels)) counter.inc(each, 0);
    return counter;
  }

  tally(name: string, help: string): Tally {
    const tally = new Tally();
    this.#readCounter({ name, help, labelNames: [] }, (counter) => {
      counter.inc(tally.value);
    });
    return tally;
  }

  /** One for each value of a label. */
  tallies<V extends string>(
    name: string,
    help: string,
    labels: Readonly<Record<string, readonly V[]>>,
  ): Readonly<Record<V, Tally>> {
    const [[label, values] = ['', []]] = Object.entries(labels);
    const tallies = Object.fromEntries(values.map((value) => [value, new Tally()])) as Record<V, Tally>;
    this.#readCounter({ name, help, labelNames: [label] }, (counter) => {
      for (const value of values) counter.inc({ [label]: value }, tallies[value].value);
    });
    return tallies;
  }

  /** A counter whose values are read when it is asked for. */
  #readCounter(options: { name: string; help: string; labelNames: string[] }, read: (counter: Counter) => void): void {
    new Counter({
      ...options,
      name: `outcry_gateway_${options.name}`,
      registers: [this.#registry],
      collect() {
        this.reset();
        read(this);
      },
    });
  }

  histogram(name: string, help: string): DeferredHistogram {
    return new DeferredHistogram({
      name: `outcry_gateway_${name}`,
      help,
      buckets: LAG_BUCKETS_SECONDS,
      registers: [this.#registry],
    });
  }
}

/** Every value of each label with every value of the others; none where there are no labels. */
function combinationsOf(
  labels: Readonly<Record<string, readonly string[]>>,
): readonly Readonly<Record<string, string>>[] {
  const names = Object.entries(labels);
  if (names.length === 0) return [];
  let all: readonly Readonly<Record<string, string>>[] = [{}];
  for (const [name, values] of names) all = all.flatMap((one) => values.map((value) => ({ ...one, [name]: value })));
  return all;
}
