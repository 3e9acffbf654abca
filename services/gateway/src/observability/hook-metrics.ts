import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

const BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** The names of a breaker's states. */
export const BreakerState = { Closed: 'closed', Open: 'open', HalfOpen: 'half-open' } as const;
export type BreakerState = (typeof BreakerState)[keyof typeof BreakerState];

export interface HookSource {
  readonly hook: string;
  readonly inFlight: number;
  readonly state: BreakerState;
}

/** What is counted of hooks. Labels are bounded: the kinds of hooks, outcomes, states. */
export class HookMetrics {
  readonly calls: Counter;
  readonly seconds: Histogram;
  readonly breakerChanges: Counter;
  readonly #sources: HookSource[] = [];

  constructor(registry: Registry) {
    const registers = [registry];
    const labelNames = ['hook'];
    this.calls = new Counter({
      name: 'outcry_gateway_hook_calls_total',
      help: 'Questions for the operator’s server, by what came of them: `answered`, or why there was no answer to use.',
      labelNames: ['hook', 'outcome'],
      registers,
    });
    this.seconds = new Histogram({
      name: 'outcry_gateway_hook_seconds',
      help: 'From a question that was sent to its answer, or to its failure.',
      buckets: BUCKETS_SECONDS,
      labelNames,
      registers,
    });
    this.breakerChanges = new Counter({
      name: 'outcry_gateway_hook_breaker_changes_total',
      help: 'Times that the breaker of a hook went into a state.',
      labelNames: ['hook', 'state'],
      registers,
    });
    this.#readAll(registry);
  }

  /** Gauges of this one are read when they are asked for. */
  observe(source: HookSource): void {
    this.#sources.push(source);
  }

  /** Of one of them, by their names. */
  async countOutcomes(hook: string): Promise<Readonly<Record<string, number>>> {
    const { values } = await this.calls.get();
    return Object.fromEntries(
      values.filter(({ labels }) => labels['hook'] === hook).map(({ labels, value }) => [labels['outcome'], value]),
    ) as Record<string, number>;
  }

  #readAll(registry: Registry): void {
    const sources = this.#sources;
    new Gauge({
      name: 'outcry_gateway_hooks_in_flight',
      help: 'Questions that wait for their answers.',
      labelNames: ['hook'],
      registers: [registry],
      collect() {
        for (const { hook, inFlight } of sources) this.set({ hook }, inFlight);
      },
    });
    new Gauge({
      name: 'outcry_gateway_hook_breaker_state',
      help: '1 for the state that the breaker of a hook is in: `closed`, `open` or `half-open`.',
      labelNames: ['hook', 'state'],
      registers: [registry],
      collect() {
        for (const { hook, state } of sources) {
          for (const each of Object.values(BreakerState)) this.set({ hook, state: each }, each === state ? 1 : 0);
        }
      },
    });
  }
}
