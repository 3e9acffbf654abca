import { mkdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

import { leasePort, type PortLease } from '@outcry/testkit';

import { run, tryRun } from '../tools.ts';
import { containerArguments, type Surroundings } from './container-arguments.ts';
import { type PodSpec } from './pod-spec.ts';
import { watch } from './probes.ts';

/** The default of Kubernetes. */
const GRACE_SECONDS = 30;
const LOG_LINES = 40;

export interface PodEvents {
  /** It is to be sent connections, or no more. Also said when it is told to go. */
  readonly changed: (pod: Pod) => void;
}

/** How a pod that was told to go has gone. */
export interface Departure {
  readonly name: string;
  readonly exitCode: number;
  /** From SIGTERM on, `preStop` not counted. */
  readonly tookMs: number;
  /** It did not go within its grace period. */
  readonly wasKilled: boolean;
}

/** A pod in the hands of something like a kubelet: one container, probes, `preStop`, SIGTERM, and SIGKILL in the end. */
export class Pod {
  readonly name: string;
  readonly spec: PodSpec;
  /** By `performance.now()`, while it is ready. */
  readySince: number | undefined;
  isGoing = false;
  /** What should not have been: a probe that failed for good, an end that nobody asked for. */
  readonly troubles: string[] = [];
  readonly #around: Omit<Surroundings, 'published'>;
  readonly #events: PodEvents;
  readonly #stopped = new AbortController();
  readonly #leases: PortLease[] = [];
  readonly #published = new Map<string, number>();
  #ended: Promise<number> = Promise.resolve(0);

  constructor(name: string, spec: PodSpec, options: { around: Omit<Surroundings, 'published'>; events: PodEvents }) {
    this.name = name;
    this.spec = spec;
    this.#around = options.around;
    this.#events = options.events;
  }

  async start(): Promise<void> {
    const [container] = this.spec.containers;
    for (const { name } of container.ports) {
      const lease = await leasePort();
      this.#leases.push(lease);
      this.#published.set(name, lease.port);
    }
    mkdirSync(this.#around.folder, { recursive: true });
    await run('docker', [...containerArguments(this.name, this.spec, { ...this.#around, published: this.#published })]);
    await run('docker', ['start', this.name]);
    this.#ended = run('docker', ['wait', this.name]).then((text) => this.#end(Number(text.trim())));
    void this.#watch();
  }

  get isReady(): boolean {
    return this.readySince !== undefined && !this.isGoing;
  }

  /** Where others in its network reach it. */
  async address(): Promise<string> {
    const format = `{{(index .NetworkSettings.Networks "${this.#around.network}").IPAddress}}`;
    return (await run('docker', ['inspect', '--format', format, this.name])).trim();
  }

  async exec(...command: readonly string[]): Promise<string> {
    return (await run('docker', ['exec', this.name, ...command])).trim();
  }

  async log(): Promise<string> {
    return (await tryRun('docker', ['logs', '--tail', String(LOG_LINES), this.name])).text;
  }

  /** As Kubernetes deletes a pod: out of the endpoints, `preStop`, SIGTERM, and SIGKILL when its grace period is over. */
  async delete(): Promise<Departure> {
    this.isGoing = true;
    this.#events.changed(this);
    this.#stopped.abort();
    const graceMs = (this.spec.terminationGracePeriodSeconds ?? GRACE_SECONDS) * 1000;
    const preStopMs = (this.spec.containers[0].lifecycle?.preStop.sleep.seconds ?? 0) * 1000;
    await delay(preStopMs);
    const from = performance.now();
    await run('docker', ['kill', '--signal', 'SIGTERM', this.name]);
    const over = new AbortController();
    const late = delay(graceMs - preStopMs, 'late' as const, { signal: over.signal }).catch(() => 'late' as const);
    const first = await Promise.race([this.#ended, late]);
    over.abort();
    // It may have ended just now, which Docker would call a failure.
    if (first === 'late') await tryRun('docker', ['kill', '--signal', 'SIGKILL', this.name]);
    const exitCode = await this.#ended;
    return { name: this.name, exitCode, tookMs: performance.now() - from, wasKilled: first === 'late' };
  }

  /** Away with it, whatever it does. */
  async remove(): Promise<void> {
    this.isGoing = true;
    this.#stopped.abort();
    await tryRun('docker', ['rm', '--force', '--volumes', this.name]);
    await this.#ended.catch(() => undefined);
    for (const lease of this.#leases) lease[Symbol.dispose]();
  }

  /** Startup first; until it has succeeded the others wait. */
  async #watch(): Promise<void> {
    const { startupProbe, livenessProbe, readinessProbe } = this.spec.containers[0];
    const probed = { container: this.name, published: this.#published };
    const { signal } = this.#stopped;
    if (startupProbe !== undefined) {
      const started = new AbortController();
      const changed = (isGood: boolean, why: string): void => {
        if (!isGood) this.#fail(`does not start: ${why}`);
        started.abort();
      };
      await watch(startupProbe, probed, { signal: AbortSignal.any([signal, started.signal]), changed });
    }
    void watch(livenessProbe, probed, {
      signal,
      changed: (isGood, why) => {
        if (!isGood) this.#fail(`is not alive: ${why}`);
      },
    });
    void watch(readinessProbe, probed, {
      signal,
      changed: (isGood) => {
        this.readySince = isGood ? performance.now() : undefined;
        this.#events.changed(this);
      },
    });
  }

  #fail(why: string): void {
    this.troubles.push(`${this.name} ${why}`);
  }

  #end(code: number): number {
    if (!this.isGoing) this.#fail(`ended with ${String(code)}, and nobody had told it to`);
    this.#stopped.abort();
    return code;
  }
}
