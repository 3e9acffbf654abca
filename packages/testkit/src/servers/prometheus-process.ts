import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { DEFAULT_DEADLINE_MS, DeadlineError } from '../deadline.ts';
import { leasePort, type PortLease } from '../port-lease.ts';
import { ChildServer } from './child-server.ts';

const HOST = '127.0.0.1';
const TARGETS_POLL_MS = 100;
const HELP = 'install prometheus, version 2.42 or newer (Debian: apt-get install prometheus)';

export interface PrometheusOptions {
  /** Of scrapes and of rules. */
  readonly intervalMs: number;
  /** Addresses of internal ports, `host:port`, by the name of their job. */
  readonly jobs: Readonly<Record<string, readonly string[]>>;
  /** Files of rules, as texts. */
  readonly rules?: readonly string[];
}

/** One series of an answer, at one moment. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** One series of an answer, at several moments: values by their seconds. */
export interface SampledCurve {
  readonly labels: Readonly<Record<string, string>>;
  readonly points: readonly (readonly [seconds: number, value: number])[];
}

/** From one moment to another, in steps. */
export interface TimeRange {
  readonly fromSeconds: number;
  readonly toSeconds: number;
  readonly stepSeconds: number;
}

/** A Prometheus of the test's own, with what it keeps in a temporary folder, until it is disposed of. */
export class PrometheusProcess implements AsyncDisposable {
  readonly #lease: PortLease;
  readonly #folder: string;
  readonly #server: ChildServer;

  private constructor(lease: PortLease, folder: string) {
    this.#lease = lease;
    this.#folder = folder;
    this.#server = new ChildServer({
      command: 'prometheus',
      args: [
        `--config.file=${join(folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=${HOST}:${String(lease.port)}`,
      ],
      cwd: folder,
      ready: /Server is ready to receive web requests/,
      help: HELP,
    });
  }

  /** Resolves when it answers. @throws Error that says how to get a Prometheus, where there is none */
  static async start(options: PrometheusOptions): Promise<PrometheusProcess> {
    const server = new PrometheusProcess(await leasePort(), await mkdtemp(join(tmpdir(), 'outcry-prometheus-')));
    try {
      await server.#configure(options);
      await server.#server.start();
    } catch (err) {
      await server[Symbol.asyncDispose]();
      throw err;
    }
    return server;
  }

  get url(): string {
    return `http://${HOST}:${String(this.#lease.port)}`;
  }

  /** From now on these are asked of a job that it was started with. Resolves when no others are: it looks each five seconds, at most. */
  async retarget(job: string, targets: readonly string[]): Promise<void> {
    await this.#writeTargets(job, targets);
    const expected = [...targets].sort().join(' ');
    const startedAt = performance.now();
    while ((await this.#targetsOf(job)).join(' ') !== expected) {
      if (performance.now() - startedAt > DEFAULT_DEADLINE_MS) {
        throw new DeadlineError(`Prometheus does not ask ${expected} as ${job}`);
      }
      await pause(TARGETS_POLL_MS);
    }
  }

  /** What an expression gives, now or at another moment. @throws Error with what Prometheus says of an expression that is none */
  async query(expression: string, atSeconds?: number): Promise<readonly Sample[]> {
    const time = atSeconds === undefined ? {} : { time: String(atSeconds) };
    const { result } = (await this.#ask('query', { query: expression, ...time })) as {
      readonly result: readonly { readonly metric: Sample['labels']; readonly value: readonly [number, string] }[];
    };
    return result.map(({ metric: labels, value }) => ({ labels, value: Number(value[1]) }));
  }

  /** What an expression gives at each step. @throws as `query` */
  async queryRange(expression: string, range: TimeRange): Promise<readonly SampledCurve[]> {
    const { fromSeconds, toSeconds, stepSeconds } = range;
    const times = { start: String(fromSeconds), end: String(toSeconds), step: String(stepSeconds) };
    const { result } = (await this.#ask('query_range', { query: expression, ...times })) as {
      readonly result: readonly {
        readonly metric: Sample['labels'];
        readonly values: readonly (readonly [number, string])[];
      }[];
    };
    return result.map(({ metric: labels, values }) => ({
      labels,
      points: values.map(([seconds, value]) => [seconds, Number(value)] as const),
    }));
  }

  /** The names of the alerts that fire now. */
  firing(): Promise<readonly string[]> {
    return this.#alerts((state) => state === 'firing');
  }

  /** The names of the alerts that fire now, or will where what they are about lasts. */
  raised(): Promise<readonly string[]> {
    return this.#alerts(() => true);
  }

  async #alerts(isMeant: (state: string) => boolean): Promise<readonly string[]> {
    const { alerts } = (await this.#ask('alerts', {})) as {
      readonly alerts: readonly { readonly labels: Sample['labels']; readonly state: string }[];
    };
    const names = alerts.filter(({ state }) => isMeant(state)).map(({ labels }) => labels['alertname'] ?? '');
    return [...new Set(names)].sort();
  }

  async #targetsOf(job: string): Promise<readonly string[]> {
    const { activeTargets } = (await this.#ask('targets', { state: 'active' })) as {
      readonly activeTargets: readonly { readonly labels: Sample['labels'] }[];
    };
    const ofJob = activeTargets.filter(({ labels }) => labels['job'] === job);
    return ofJob.map(({ labels }) => labels['instance'] ?? '').sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.kill();
    await rm(this.#folder, { recursive: true, force: true });
    this.#lease[Symbol.dispose]();
  }

  async #ask(what: string, params: Readonly<Record<string, string>>): Promise<unknown> {
    const response = await fetch(`${this.url}/api/v1/${what}?${String(new URLSearchParams(params))}`);
    const answer = (await response.json()) as {
      readonly status: string;
      readonly error?: string;
      readonly data: unknown;
    };
    if (answer.status !== 'success') throw new Error(`Prometheus: ${String(answer.error)} (${JSON.stringify(params)})`);
    return answer.data;
  }

  async #configure({ intervalMs, jobs, rules = [] }: PrometheusOptions): Promise<void> {
    const interval = `${String(intervalMs)}ms`;
    // JSON is YAML.
    const config = {
      global: { scrape_interval: interval, scrape_timeout: interval, evaluation_interval: interval },
      rule_files: [join(this.#folder, 'rules-*.yaml')],
      scrape_configs: Object.keys(jobs).map((name) => ({
        job_name: name,
        file_sd_configs: [{ files: [this.#targetsFile(name)] }],
      })),
    };
    for (const [name, targets] of Object.entries(jobs)) await this.#writeTargets(name, targets);
    await writeFile(join(this.#folder, 'prometheus.yml'), JSON.stringify(config));
    for (const [index, text] of rules.entries()) {
      await writeFile(join(this.#folder, `rules-${String(index)}.yaml`), text);
    }
  }

  #targetsFile(job: string): string {
    return join(this.#folder, `targets-${job}.json`);
  }

  /** In one step: it is read as soon as it changes. */
  async #writeTargets(job: string, targets: readonly string[]): Promise<void> {
    const written = join(this.#folder, `${job}.written`);
    await writeFile(written, JSON.stringify([{ targets }]));
    await rename(written, this.#targetsFile(job));
  }
}
