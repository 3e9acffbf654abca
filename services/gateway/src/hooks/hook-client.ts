import { randomUUID } from 'node:crypto';

import type { Logger } from '@outcry/service';
import {
  circuitBreaker,
  type CircuitBreakerPolicy,
  CircuitState,
  CountBreaker,
  handleAll,
  isBrokenCircuitError,
} from 'cockatiel';
import { Endpoint, FailureKind, HookFailure, signRequest, wasClosedBeneath } from '@outcry/webhook';

import { BreakerState, type HookMetrics } from '../observability/hook-metrics.ts';
import type { AskingConfig, HookName } from './settings.ts';
import { RecentQuestions } from './recent-questions.ts';
import { Shares } from './shares.ts';

/** The breaker opens when more than this share of the last answers failed. */
const MAX_FAILED_SHARE = 0.5;
const LAST_ANSWERS = 20;
/** So many are looked at at least: one failure behind a start is no outage. */
const MIN_ANSWERS = 10;
/** A server that is away fails every question; the log has one line of it in this time. */
const LOG_EVERY_MS = 10_000;
const MS_PER_SECOND = 1000;

const STATE_NAMES: Readonly<Record<CircuitState, BreakerState>> = {
  [CircuitState.Closed]: BreakerState.Closed,
  [CircuitState.Open]: BreakerState.Open,
  [CircuitState.HalfOpen]: BreakerState.HalfOpen,
  [CircuitState.Isolated]: BreakerState.Open,
};

export interface HookClientOptions {
  readonly hook: HookName;
  readonly url: string;
  readonly asking: AskingConfig;
  /** Whether a question may be sent again where its connection was closed beneath it: it has no effect of its own. */
  readonly mayRepeat: boolean;
}

export interface HookClientParts {
  readonly metrics: HookMetrics;
  readonly logger: Logger;
}

export interface Question {
  /** JSON. */
  readonly text: string;
  /** Whose it is (question.ts): of those that wait for their answers, one asker has no more than a share. */
  readonly asker: string;
  /** Of what is asked about, where it says of which trace it is. */
  readonly traceparent?: string | undefined;
}

/** Makes of an answer's text what it says. @throws HookFailure `invalid` */
export type ReadAnswer<A> = (text: string) => A;

/**
 * Asks one hook of the operator's server. However slow or broken that is, a question costs no more than the deadline, there are
 * never more than so many, and while most fail none is asked at all.
 */
export class HookClient {
  readonly hook: HookName;
  /** For whoever looks. */
  readonly recent = new RecentQuestions();
  readonly #options: HookClientOptions;
  readonly #parts: HookClientParts;
  readonly #endpoint: Endpoint;
  readonly #breaker: CircuitBreakerPolicy;
  readonly #shares: Shares;
  #inFlight = 0;
  #loggedAt = -LOG_EVERY_MS;

  constructor(options: HookClientOptions, parts: HookClientParts) {
    const { url, asking } = options;
    this.hook = options.hook;
    this.#options = options;
    this.#parts = parts;
    this.#shares = new Shares(asking.maxInFlight);
    this.#endpoint = new Endpoint({ ...asking, url, maxConnections: asking.maxInFlight });
    this.#breaker = circuitBreaker(handleAll, {
      halfOpenAfter: asking.breakerOpenMs,
      breaker: new CountBreaker({
        threshold: MAX_FAILED_SHARE,
        size: LAST_ANSWERS,
        minimumNumberOfCalls: MIN_ANSWERS,
      }),
    });
    this.#breaker.onStateChange((state) => {
      this.#noteState(STATE_NAMES[state]);
    });
    parts.metrics.observe(this);
  }

  get url(): string {
    return this.#options.url;
  }

  get maxInFlight(): number {
    return this.#options.asking.maxInFlight;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get state(): BreakerState {
    return STATE_NAMES[this.#breaker.state];
  }

  /**
   * Asks, and reads the answer.
   *
   * @throws HookFailure where there is none that can be used; nothing else
   */
  async ask<A>(question: Question, read: ReadAnswer<A>): Promise<A> {
    const { calls } = this.#parts.metrics;
    try {
      const answer = await this.#askWithin(question, read);
      calls.labels(this.hook, 'answered').inc();
      this.recent.noteEnd();
      return answer;
    } catch (err) {
      const failure = toFailure(err);
      calls.labels(this.hook, failure.kind).inc();
      this.recent.noteEnd(failure);
      this.#log(failure);
      throw failure;
    }
  }

  /** What came of the questions until now, by its name. */
  countOutcomes(): Promise<Readonly<Record<string, number>>> {
    return this.#parts.metrics.countOutcomes(this.hook);
  }

  async close(): Promise<void> {
    await this.#endpoint.close();
  }

  /** Whoever is not asked is told at once: nobody waits for the outcome of another's question. */
  async #askWithin<A>(question: Question, read: ReadAnswer<A>): Promise<A> {
    const { maxInFlight } = this.#options.asking;
    if (this.#breaker.state === CircuitState.HalfOpen) {
      throw new HookFailure(FailureKind.Open, 'another question is the trial of the breaker');
    }
    if (this.#inFlight >= maxInFlight) {
      throw new HookFailure(FailureKind.Busy, `${String(maxInFlight)} questions wait for their answers`);
    }
    if (this.#shares.isTaken(question.asker)) {
      throw new HookFailure(
        FailureKind.Busy,
        `${String(this.#shares.max)} questions of one user wait for their answers`,
      );
    }
    const outcome = await this.#breaker.execute(() => this.#judge(question, read));
    if (outcome instanceof HookFailure) throw outcome;
    return outcome.answer;
  }

  /** For the breaker: a failure that is the question's own says that the server is well. Else one client could shut out all others. */
  async #judge<A>(question: Question, read: ReadAnswer<A>): Promise<{ readonly answer: A } | HookFailure> {
    try {
      return { answer: read(await this.#send(question)) };
    } catch (err) {
      if (err instanceof HookFailure && err.isOfQuestion) return err;
      throw err;
    }
  }

  async #send({ text, asker, traceparent }: Question): Promise<string> {
    const startedAt = performance.now();
    const post = this.#poster(text, traceparent);
    this.#inFlight += 1;
    this.#shares.take(asker);
    try {
      return await post();
    } catch (err) {
      // A server that lets go of idle connections may do so in the moment in which one is used.
      if (!this.#options.mayRepeat || !wasClosedBeneath(err)) throw err;
      return await post();
    } finally {
      this.#inFlight -= 1;
      this.#shares.giveBack(asker);
      const ms = performance.now() - startedAt;
      this.#parts.metrics.seconds.labels(this.hook).observe(ms / MS_PER_SECOND);
      this.recent.noteTime(ms);
    }
  }

  /** Sends a question each time that it is called: under one id, and within one deadline. */
  #poster(body: string, traceparent: string | undefined): () => Promise<string> {
    const { secret, deadlineMs } = this.#options.asking;
    const id = `msg_${randomUUID()}`;
    const deadline = AbortSignal.timeout(deadlineMs);
    return () => {
      const signature = signRequest({ id, at: Date.now(), body }, secret);
      const traced = traceparent === undefined ? {} : { traceparent };
      const headers = { 'content-type': 'application/json', 'user-agent': 'outcry', ...signature, ...traced };
      return this.#endpoint.post({ body, headers, deadline });
    };
  }

  #noteState(state: BreakerState): void {
    const { metrics, logger } = this.#parts;
    metrics.breakerChanges.labels(this.hook, state).inc();
    const fields = { hook: this.hook, state };
    if (state === BreakerState.Open) logger.warn(fields, 'hook breaker changed');
    else logger.info(fields, 'hook breaker changed');
  }

  #log({ kind, message }: HookFailure): void {
    const now = performance.now();
    if (now - this.#loggedAt < LOG_EVERY_MS) return;
    this.#loggedAt = now;
    this.#parts.logger.warn({ hook: this.hook, failure: kind, problem: message }, 'hook failed');
  }
}

/** What is no failure of ours is the breaker's: it is open. */
function toFailure(err: unknown): HookFailure {
  if (err instanceof HookFailure) return err;
  if (isBrokenCircuitError(err)) return new HookFailure(FailureKind.Open, 'the breaker is open', { cause: err });
  return new HookFailure(FailureKind.Invalid, 'the answer cannot be read', { cause: err });
}
