import type { Plan } from '../plan/plan.ts';
import { Phase, type Progress, type ProgressObserver } from '../run/progress-observer.ts';
import { formatMs, formatRate } from '../format.ts';

/** Samples between two lines: logs of pipelines are read later, and by people. */
const SAMPLES_PER_LINE = 10;

/** A line now and then, where nothing can be redrawn. */
export class ProgressLines implements ProgressObserver {
  readonly #plan: Plan;
  readonly #stream: NodeJS.WritableStream;
  #samples = 0;

  constructor(plan: Plan, stream: NodeJS.WritableStream) {
    this.#plan = plan;
    this.#stream = stream;
  }

  entered(phase: Phase): void {
    this.#say(phase);
  }

  sampled({ phase, point, tally }: Progress): void {
    this.#samples++;
    if (phase !== Phase.Loading || this.#samples % SAMPLES_PER_LINE !== 0) return;
    const { connected, deliveredPerSecond, p99 } = point;
    const latency = p99 === null ? '' : `, p99 ${formatMs(p99)}`;
    this.#say(
      `${String(connected)} connected, ${formatRate(deliveredPerSecond)}/s delivered${latency}, ${String(tally.errorCount)} errors`,
    );
  }

  ended(): void {
    this.#say('over');
  }

  #say(what: string): void {
    this.#stream.write(`${this.#plan.scenario}: ${what}\n`);
  }
}
