import { eventually } from '../../../support/eventually.ts';
import { type Departure, type Pod } from './pod.ts';
import { type WorkloadSpec } from './pod-spec.ts';

/** Images start in seconds, and in more where the machine is busy. */
const READY_DEADLINE_MS = 120_000;

/** Pods of one Deployment in the hands of something like its controller. */
export class Workload {
  readonly spec: WorkloadSpec;
  /** Oldest first; none that was told to go. */
  pods: readonly Pod[] = [];
  /** How those have gone. */
  readonly departures: Departure[] = [];
  readonly #make: () => Pod;

  constructor(spec: WorkloadSpec, make: () => Pod) {
    this.spec = spec;
    this.#make = make;
  }

  /** Resolves when all are available, or have gone. As many as it takes at once, as Kubernetes does. */
  async scale(replicas: number): Promise<void> {
    const missing = Array.from({ length: Math.max(0, replicas - this.pods.length) }, () => this.#begin());
    // The youngest go first.
    const surplus = this.pods.slice(replicas);
    await Promise.all([...missing, ...surplus.map((pod) => this.#delete(pod))]);
  }

  /** A rollout: the next one comes when the one before is available, and then an old one goes. */
  async restart(): Promise<void> {
    const { type, rollingUpdate } = this.spec.strategy ?? {};
    if (type !== 'RollingUpdate' || rollingUpdate?.maxSurge !== 1 || rollingUpdate.maxUnavailable !== 0) {
      throw new Error('only one more at a time is known here');
    }
    const going: Promise<void>[] = [];
    for (const old of this.pods) {
      await this.#begin();
      // One that goes does not count: Kubernetes does not wait for its end.
      going.push(this.#delete(old));
    }
    await Promise.all(going);
  }

  async #begin(): Promise<void> {
    const pod = this.#make();
    this.pods = [...this.pods, pod];
    await pod.start();
    const minReadyMs = (this.spec.minReadySeconds ?? 0) * 1000;
    let log = '';
    await eventually(
      async () => {
        const { readySince } = pod;
        if (pod.troubles.length > 0) log = await pod.log();
        return readySince !== undefined && performance.now() - readySince >= minReadyMs;
      },
      { deadlineMs: READY_DEADLINE_MS, describe: () => `${pod.name} is not available: ${pod.troubles.join()}\n${log}` },
    );
  }

  async #delete(pod: Pod): Promise<void> {
    this.pods = this.pods.filter((each) => each !== pod);
    this.departures.push(await pod.delete());
  }
}
