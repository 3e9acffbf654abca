import { type EventLoopUtilization, performance } from 'node:perf_hooks';

import { createLatencies, type Latencies, recordMicros, takeCounts } from './latencies.ts';
import { type Counters, NO_COUNTERS, type Sample, type TargetSample } from './sample.ts';

interface Target {
  connected: number;
  delivered: number;
  readonly delivery: Latencies;
}

/** Different things that can go wrong, and are told apart; the rest go under one name. */
const MAX_ERROR_KINDS = 50;

/** Where the clients of one worker note what they see. */
export class Recorder {
  readonly ack = createLatencies();
  readonly connect = createLatencies();
  readonly join = createLatencies();
  readonly #slowDelivery = createLatencies();
  readonly #targets: readonly Target[];
  readonly #errors = new Map<string, number>();
  #counters: Record<keyof Counters, number> = { ...NO_COUNTERS };
  #paceLagMs = 0;
  #lastDeliveryAt = 0;
  #utilization: EventLoopUtilization = performance.eventLoopUtilization();

  constructor(targets: number) {
    this.#targets = Array.from({ length: targets }, () => ({
      connected: 0,
      delivered: 0,
      delivery: createLatencies(),
    }));
  }

  /** By the worker's own `performance.now()`. */
  get lastDeliveryAt(): number {
    return this.#lastDeliveryAt;
  }

  count(what: keyof Counters, by = 1): void {
    this.#counters[what] += by;
  }

  error(what: string): void {
    const isKnown = this.#errors.has(what) || this.#errors.size < MAX_ERROR_KINDS;
    const kind = isKnown ? what : 'other errors';
    this.#errors.set(kind, (this.#errors.get(kind) ?? 0) + 1);
  }

  /** Notes that a connection to a target was made (1) or lost (-1). */
  connected(target: number, change: 1 | -1): void {
    const at = this.#targets[target];
    if (at !== undefined) at.connected += change;
  }

  /** Notes a message or book frame from a target. */
  delivered(target: number): void {
    this.#counters.delivered++;
    this.#lastDeliveryAt = performance.now();
    const at = this.#targets[target];
    if (at !== undefined) at.delivered++;
  }

  /** Notes how long a live message took. */
  latency(target: number, { micros, isSlow }: { readonly micros: number; readonly isSlow: boolean }): void {
    const latencies = isSlow ? this.#slowDelivery : this.#targets[target]?.delivery;
    if (latencies !== undefined) recordMicros(latencies, micros);
  }

  paceLag(lagMs: number): void {
    this.#paceLagMs = Math.max(this.#paceLagMs, lagMs);
  }

  /** Everything since the last call. */
  take(): Sample {
    const utilization = performance.eventLoopUtilization();
    const sample: Sample = {
      counters: this.#counters,
      targets: this.#targets.map(takeTarget),
      slowDelivery: takeCounts(this.#slowDelivery),
      ack: takeCounts(this.ack),
      connect: takeCounts(this.connect),
      join: takeCounts(this.join),
      errors: [...this.#errors],
      eventLoop: performance.eventLoopUtilization(utilization, this.#utilization).utilization,
      paceLagMs: this.#paceLagMs,
    };
    this.#counters = { ...NO_COUNTERS };
    this.#errors.clear();
    this.#paceLagMs = 0;
    this.#utilization = utilization;
    return sample;
  }
}

function takeTarget(target: Target): TargetSample {
  const { connected, delivered } = target;
  target.delivered = 0;
  return { connected, delivered, delivery: takeCounts(target.delivery) };
}
