import { setTimeout as delay } from 'node:timers/promises';

import { addFaults, NO_FAULTS } from '../check/faults.ts';
import { Heads } from '../check/heads.ts';
import { Ledger } from '../check/ledger.ts';
import { addStaleSpells, NO_STALE_SPELLS } from '../check/staleness.ts';
import { GeneratorMeter } from '../measure/generator-meter.ts';
import type { Access, Plan } from '../plan/plan.ts';
import type { ScenarioResult } from '../result/run-result.ts';
import type { Thresholds } from '../verdict/thresholds.ts';
import type { CrewVerdict, FromWorker } from '../worker/messages.ts';
import { Phase, type ProgressObserver } from './progress-observer.ts';
import { Tally } from './tally.ts';
import { type FinishedRun, toResult } from './to-result.ts';
import { WorkerPool } from './worker-pool.ts';

export interface ScenarioRunOptions {
  readonly plan: Plan;
  readonly access: Access;
  readonly thresholds: Thresholds;
  readonly observer: ProgressObserver;
  /** Ends the load at once, and then everything as usual. */
  readonly signal: AbortSignal;
}

/** How long after the ramp the last client may take to be where it should be. */
const READY_MS = 20_000;
const SAMPLE_MS = 1000;
const MS_PER_SECOND = 1000;

type Seen = Extract<FromWorker, { type: 'sample' | 'finished' }>;

/** Runs one scenario: connect, load, settle, judge. */
export async function runScenario(options: ScenarioRunOptions): Promise<ScenarioResult> {
  const pool = new WorkerPool(options.plan, options.access);
  try {
    return await new ScenarioRun(options, pool).execute();
  } finally {
    options.observer.ended();
    await pool.close();
  }
}

class ScenarioRun {
  readonly #options: ScenarioRunOptions;
  readonly #pool: WorkerPool;
  readonly #tally: Tally;
  readonly #ledger = new Ledger();
  readonly #meter = new GeneratorMeter();
  readonly #startedAt = performance.now();
  #sampledAt = this.#startedAt;
  #phase: Phase = Phase.Connecting;

  constructor(options: ScenarioRunOptions, pool: WorkerPool) {
    this.#options = options;
    this.#pool = pool;
    this.#tally = new Tally(options.plan.urls.length);
  }

  async execute(): Promise<ScenarioResult> {
    const { plan, thresholds, signal } = this.#options;
    const { rampMs, durationMs } = plan;
    await this.#sampling(this.#within(this.#pool.answers('ready'), rampMs + READY_MS));

    this.#enter(Phase.Loading);
    const loadFrom = this.#seconds();
    if (!signal.aborted) this.#pool.tell({ type: 'begin' });
    await this.#sampling(this.#within(undefined, durationMs));
    const loadTo = this.#seconds();
    const wasInterrupted = signal.aborted;

    this.#enter(Phase.Settling);
    await this.#sampling(this.#settle());
    const finished = await this.#pool.ask({ type: 'finish' }, 'finished');
    this.#add(finished);

    return toResult({
      plan,
      thresholds,
      tally: this.#tally,
      wasInterrupted,
      load: { from: loadFrom, to: loadTo },
      ...this.#sumUp(finished.map(({ verdict }) => verdict)),
    });
  }

  #sumUp(
    verdicts: readonly CrewVerdict[],
  ): Pick<FinishedRun, 'faults' | 'slowFaults' | 'attendance' | 'silencesMs' | 'stale' | 'notCompared'> {
    const broken = new Set(verdicts.flatMap((verdict) => verdict.broken));
    return {
      faults: verdicts.reduce((sum, { faults }) => addFaults(sum, faults), this.#ledger.faults(broken)),
      slowFaults: verdicts.reduce((sum, { slowFaults }) => addFaults(sum, slowFaults), NO_FAULTS),
      attendance: {
        expected: verdicts.reduce((sum, { expected }) => sum + expected, 0),
        absent: verdicts.reduce((sum, { absent }) => sum + absent, 0),
      },
      silencesMs: verdicts.flatMap(({ silencesMs }) => silencesMs),
      stale: verdicts.reduce((sum, { stale }) => addStaleSpells(sum, stale), NO_STALE_SPELLS),
      notCompared: this.#ledger.forgotten,
    };
  }

  /** Everything that was acknowledged has arrived everywhere, or has had the time to. */
  async #settle(): Promise<void> {
    const stopped = await this.#pool.ask({ type: 'stop' }, 'stopped');
    const heads = new Heads();
    for (const worker of stopped) heads.merge(worker.heads);
    await this.#pool.ask({ type: 'settle', heads: heads.entries }, 'settled');
  }

  /** Takes a sample each second until something is over. */
  async #sampling(work: Promise<unknown>): Promise<void> {
    const over = new AbortController();
    const finish = async (): Promise<void> => {
      try {
        await work;
      } finally {
        over.abort();
      }
    };
    await Promise.all([finish(), this.#sampleUntil(over.signal)]);
  }

  async #sampleUntil(over: AbortSignal): Promise<void> {
    for (;;) {
      const toNext = SAMPLE_MS - ((performance.now() - this.#startedAt) % SAMPLE_MS);
      const isDue = await delay(toNext, true, { signal: over }).catch(() => false);
      if (!isDue) return;
      this.#add(await this.#pool.ask({ type: 'sample' }, 'sample'));
    }
  }

  /** Resolves with the work, with the time, or with the interruption, whichever comes first. */
  async #within(work: Promise<unknown> | undefined, ms: number): Promise<void> {
    const enough = new AbortController();
    const signal = AbortSignal.any([enough.signal, this.#options.signal]);
    const timeout = delay(ms, undefined, { signal }).catch(() => undefined);
    try {
      await Promise.race(work === undefined ? [timeout] : [work, timeout]);
    } finally {
      enough.abort();
    }
  }

  #add(seen: readonly Seen[]): void {
    for (const { claims } of seen) this.#ledger.take(claims);
    const now = performance.now();
    const length = (now - this.#sampledAt) / MS_PER_SECOND;
    this.#sampledAt = now;
    const samples = seen.map(({ sample }) => sample);
    const point = this.#tally.add(samples, { at: this.#seconds(), length }, this.#meter.take());
    this.#options.observer.sampled({ phase: this.#phase, point, tally: this.#tally });
  }

  #enter(phase: Phase): void {
    this.#phase = phase;
    this.#options.observer.entered(phase);
  }

  #seconds(): number {
    return (performance.now() - this.#startedAt) / MS_PER_SECOND;
  }
}
