import { type ClusterIdentities, type ClusterIdentity, OutcryError } from '@outcry/broker';
import type { Logger } from '@outcry/service';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';

import type { LeaseTimes } from '../leases/lease-settings.ts';
import type { ServiceList } from '../service-list.ts';
import type { SourceHealth } from '../source-health.ts';
import type { Roster } from './partitions.ts';

/** What belongs to one cluster, in words for an operator. */
export interface OneClusters {
  /** What each cluster needs one of: `database`. */
  readonly thing: string;
  /** By which it is named. */
  readonly setting: string;
  /** What it is to its cluster: `archive`. */
  readonly role: string;
  /** What lets another cluster have it: `say SELECT outcry.archive_unbind() as its owner`. */
  readonly unbind: string;
}

export interface AttendanceOptions {
  readonly of: OneClusters;
  readonly times: LeaseTimes;
  readonly identities: ClusterIdentities;
  /** What is shared, among all that there are: by it the cluster is called what it is called. */
  readonly by: string;
  readonly list: ServiceList;
  readonly health: Pick<SourceHealth, 'watch'>;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  /** Names this run of the service, and no other. */
  readonly service?: string;
}

/** Without a time where Redis could not be asked for it now. */
type Seen = Pick<ClusterIdentity, 'cluster'> & Partial<ClusterIdentity>;

/**
 * The services of one cluster that share what is outside of it. What the cluster is called stands in both, and whoever finds two names has
 * nothing to do there: of two clusters that share a database each would leave the other's part alone, as if somebody had it.
 */
export class Attendance implements Roster {
  readonly service: string;
  readonly #options: AttendanceOptions;
  /** As Redis said it last. */
  #cluster: string | undefined;
  #refusal: string | undefined;
  /** Of which the log says that this service is one of its services. */
  #joined: string | undefined;
  #fences: ReadonlyMap<string, number> = new Map();

  constructor(options: AttendanceOptions) {
    this.#options = options;
    this.service = options.service ?? randomUUID();
  }

  /** Why this service may do nothing, in a line for an operator; undefined where it may, as far as is known. */
  get refusal(): string | undefined {
    return this.#refusal;
  }

  /**
   * Up to which a partition is closed, as was said last. Leases are taken above that: those of a Redis whose clock was ahead, or of another one
   * before this, would close partitions to everybody until its time comes.
   */
  fenceOf(partition: string): number {
    return this.#fences.get(partition) ?? 0;
  }

  /**
   * Resolves when this service is one of those of its cluster, as long as it attends. Those who are there say again what their Redis has lost,
   * and who was killed is forgotten: for so long it waits where its Redis is called nothing.
   *
   * @throws OutcryError `badConfig` where what is shared is another cluster's, or what keeps from asking that
   */
  async begin(patienceMs = 2 * this.#options.times.leaseMs): Promise<void> {
    const { identities, by, times } = this.#options;
    const startedAt = performance.now();
    for (;;) {
      const seen = await identities.identify(by);
      await this.#join(seen, times.leaseMs);
      if (this.#refusal === undefined) return;
      const isSettled = seen.cluster !== undefined || performance.now() - startedAt > patienceMs;
      if (isSettled) throw new OutcryError('badConfig', this.#refusal);
      await pause(times.renewMs);
    }
  }

  async attend(forMs: number): Promise<readonly string[] | undefined> {
    const seen = await this.#identify();
    return seen === undefined ? undefined : this.#options.health.watch(() => this.#join(seen, forMs));
  }

  async leave(): Promise<void> {
    const { health, list } = this.#options;
    await health.watch(() => list.leave(this.service));
  }

  /** Undefined where Redis cannot be asked. A part of it may be away, and leases of the others be held. */
  async #identify(): Promise<Seen | undefined> {
    const { identities, by } = this.#options;
    try {
      return await identities.identify(by);
    } catch (err) {
      if (!(err instanceof OutcryError)) throw err;
      return this.#cluster === undefined ? undefined : { cluster: this.#cluster };
    }
  }

  /** Resolves with all who are there: nobody, where this service is refused. */
  async #join({ cluster: seen, now }: Seen, forMs: number): Promise<readonly string[]> {
    const { list, of } = this.#options;
    const { cluster, services, fences } = await list.join({ service: this.service, forMs, seen, now });
    this.#fences = fences;
    this.#judge(services.length === 0 ? refusalOf(of, seen, cluster) : undefined);
    this.#cluster = seen;
    if (services.length === 0) return services;
    this.#tell(cluster, seen === undefined);
    if (seen === undefined) await this.#introduce(cluster);
    return services;
  }

  /** Where two clusters were set to one thing, the line with a Redis without a name says which service called it anew, and when. */
  #tell(cluster: string, wasRedisNameless: boolean): void {
    const { logger, of } = this.#options;
    if (cluster !== this.#joined) logger.info({ cluster, role: of.role, wasRedisNameless }, 'cluster joined');
    this.#joined = cluster;
  }

  #judge(refusal: string | undefined): void {
    const { logger } = this.#options;
    if (refusal !== undefined && refusal !== this.#refusal) logger.warn({ reason: refusal }, 'another cluster found');
    if (refusal === undefined && this.#refusal !== undefined) logger.info('no other cluster any more');
    this.#refusal = refusal;
  }

  /** Where that fails the next look finds nothing, and does it again. */
  async #introduce(cluster: string): Promise<void> {
    const { identities, by } = this.#options;
    try {
      await identities.introduce(by, cluster);
      this.#cluster = cluster;
    } catch (err) {
      if (!(err instanceof OutcryError)) throw err;
    }
  }
}

function refusalOf({ thing, setting, role, unbind }: OneClusters, seen: string | undefined, cluster: string): string {
  if (seen === undefined) {
    return (
      `services of another Redis use this ${thing} (${setting}), or have lost what is stored there and not said so yet: ` +
      `each cluster needs a ${thing} of its own`
    );
  }
  return (
    `the ${thing} (${setting}) is the ${role} of cluster ${cluster}, and this Redis is of cluster ${seen}: each needs a ${thing} of its own. ` +
    `If it is to be the ${role} of this one, stop all services that use it, and ${unbind}`
  );
}
