import { addCounts, createLatencies, type Latencies } from '../measure/latencies.ts';
import { summarize } from '../measure/latency-summary.ts';
import type { GeneratorLoad } from '../measure/generator-meter.ts';
import { addCounters, type Counters, NO_COUNTERS, type Sample } from '../measure/sample.ts';
import type { TimelinePoint } from '../result/timeline-point.ts';

interface TargetTally {
  delivered: number;
  readonly delivery: Latencies;
}

/** When an interval ended and how long it was, in seconds. */
export interface Interval {
  readonly at: number;
  readonly length: number;
}

const MIN_POINT_SECONDS = 0.5;

/** Adds up what the workers saw. */
export class Tally {
  readonly delivery = createLatencies();
  readonly slowDelivery = createLatencies();
  readonly ack = createLatencies();
  readonly connect = createLatencies();
  readonly join = createLatencies();
  readonly targets: readonly TargetTally[];
  readonly timeline: TimelinePoint[] = [];
  readonly errors = new Map<string, number>();
  counters: Counters = NO_COUNTERS;
  peakPaceLagMs = 0;

  constructor(targets: number) {
    this.targets = Array.from({ length: targets }, () => ({ delivered: 0, delivery: createLatencies() }));
  }

  get errorCount(): number {
    return [...this.errors.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Takes what the workers saw in an interval, and gives the interval's point of the timeline. */
  add(samples: readonly Sample[], interval: Interval, load: GeneratorLoad): TimelinePoint {
    const latencies = createLatencies();
    const counters = samples.reduce((sum, sample) => addCounters(sum, sample.counters), NO_COUNTERS);
    const errorsBefore = this.errorCount;
    for (const sample of samples) this.#addSample(sample, latencies);
    this.counters = addCounters(this.counters, counters);
    const { p50, p99, max } = summarize(latencies);
    const point: TimelinePoint = {
      seconds: interval.at,
      connected: samples.flatMap(({ targets }) => targets).reduce((sum, { connected }) => sum + connected, 0),
      publishedPerSecond: counters.published / interval.length,
      deliveredPerSecond: counters.delivered / interval.length,
      bytesPerSecond: counters.bytes / interval.length,
      p50,
      p99,
      max,
      errors: this.errorCount - errorsBefore,
      eventLoop: Math.max(...samples.map((sample) => sample.eventLoop)),
      ...load,
    };
    // The rest of a second at the end makes no figure per second.
    if (interval.length >= MIN_POINT_SECONDS || this.timeline.length === 0) this.timeline.push(point);
    return point;
  }

  #addSample(sample: Sample, interval: Latencies): void {
    for (const [i, { delivered, delivery }] of sample.targets.entries()) {
      const target = this.targets[i];
      if (target === undefined) continue;
      target.delivered += delivered;
      addCounts(target.delivery, delivery);
      addCounts(this.delivery, delivery);
      addCounts(interval, delivery);
    }
    addCounts(this.slowDelivery, sample.slowDelivery);
    addCounts(this.ack, sample.ack);
    addCounts(this.connect, sample.connect);
    addCounts(this.join, sample.join);
    for (const [what, count] of sample.errors) this.errors.set(what, (this.errors.get(what) ?? 0) + count);
    this.peakPaceLagMs = Math.max(this.peakPaceLagMs, sample.paceLagMs);
  }
}
