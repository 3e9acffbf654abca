import { cpus, freemem, hostname, loadavg, totalmem, uptime } from 'node:os';

import { VERSION } from '../version.ts';
import { CheckBook, type CheckReport } from './check-book.ts';
import type { Check } from './check.ts';
import { LoopLag } from './loop-lag.ts';
import { checkProcess, type ProcessFigures, ProcessReader } from './process-checks.ts';

/** How exact `since` is. */
const LOOK_MS = 1000;
/** Where nobody else needs to know: each look at the loop wakes an idle process. */
const LAG_RESOLUTION_MS = 100;
const US_PER_SECOND = 1e6;

/** What a service tells of itself. */
export interface HealthSource {
  /** `gateway`, `feed-publisher`, `inbound`. */
  readonly service: string;
  /** Which of them, as others know it; the machine's name where it has none. */
  readonly node?: string;
  /** What this service needs, the weightiest first; asked once a second, and for each request. */
  checks(): readonly Check[];
  /** How much of what it does at the moment. */
  load?(): Readonly<Record<string, number>>;
  /** What the service has for itself already. */
  readonly loopLag?: Pick<LoopLag, 'meanMs'>;
}

export interface HealthReport {
  readonly status: 'ok' | 'limited' | 'unready';
  /** In a line: `ok`, `ok, but storage is full`, `draining`. */
  readonly summary: string;
  readonly service: string;
  readonly node: string;
  readonly checks: readonly CheckReport[];
}

/** How a service is, why, and since when. */
export class Health {
  readonly #source: HealthSource;
  readonly #reader: ProcessReader;
  readonly #ownLag: LoopLag | undefined;
  readonly #timer: NodeJS.Timeout;
  readonly #own: CheckBook;
  readonly #process: CheckBook;
  readonly #startedAt = Date.now();
  #figures: ProcessFigures;

  constructor(source: HealthSource) {
    this.#source = source;
    this.#ownLag = source.loopLag === undefined ? new LoopLag(LAG_RESOLUTION_MS) : undefined;
    this.#reader = new ProcessReader(source.loopLag ?? this.#ownLag ?? { meanMs: 0 });
    this.#figures = this.#reader.read();
    this.#own = new CheckBook(() => source.checks());
    this.#process = new CheckBook(() => checkProcess(this.#figures));
    this.#look();
    this.#timer = setInterval(() => {
      this.#look();
    }, LOOK_MS).unref();
  }

  /** Whether the process should get traffic, with everything that matters for it. */
  ready(): HealthReport {
    this.#look();
    return this.#report([...this.#own.reports, ...this.#process.reports]);
  }

  /** That it lives, and what it lives on; nothing of what others do to it. */
  alive(): HealthReport {
    this.#look();
    return this.#report(this.#process.reports);
  }

  /** All there is to say. */
  describe(): HealthReport & Readonly<Record<string, unknown>> {
    return {
      ...this.ready(),
      version: VERSION,
      startedAt: new Date(this.#startedAt).toISOString(),
      uptimeSeconds: Math.round((Date.now() - this.#startedAt) / 1000),
      load: this.#source.load?.() ?? {},
      process: describeProcess(this.#figures),
      system: describeSystem(),
    };
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#ownLag?.stop();
  }

  #look(): void {
    this.#figures = this.#reader.read();
    this.#own.look();
    this.#process.look();
  }

  #report(checks: readonly CheckReport[]): HealthReport {
    const { service, node = hostname() } = this.#source;
    const blocking = checks.find((check) => check.blocking === true)?.reason;
    const limitation = checks.find(({ reason }) => reason !== undefined)?.reason;
    const own = { service, node, checks };
    if (blocking !== undefined) return { status: 'unready', summary: blocking, ...own };
    return limitation === undefined
      ? { status: 'ok', summary: 'ok', ...own }
      : { status: 'limited', summary: `ok, but ${limitation}`, ...own };
  }
}

function describeProcess(figures: ProcessFigures): Readonly<Record<string, unknown>> {
  const { user, system } = process.cpuUsage();
  const { maxOpenFiles, ...others } = figures;
  return {
    pid: process.pid,
    runtime: `node ${process.version}`,
    platform: `${process.platform} ${process.arch}`,
    cpuSeconds: (user + system) / US_PER_SECOND,
    ...others,
    // JSON knows no infinity.
    ...(Number.isFinite(maxOpenFiles) ? { maxOpenFiles } : {}),
  };
}

function describeSystem(): Readonly<Record<string, unknown>> {
  return {
    host: hostname(),
    cpus: cpus().length,
    loadAverage: loadavg(),
    memoryBytes: totalmem(),
    freeMemoryBytes: freemem(),
    uptimeSeconds: Math.round(uptime()),
  };
}
