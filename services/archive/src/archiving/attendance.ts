import { type ArchiveSource, type ClusterIdentity, OutcryError } from '@outcry/broker';
import type { LeaseTimes, Roster, SourceHealth } from '@outcry/worker';
import { setTimeout as pause } from 'node:timers/promises';

import type { Joined, JoinRequest } from '../store/postgres/postgres-archive.ts';

export interface AttendanceOptions {
  readonly service: string;
  readonly times: LeaseTimes;
  readonly source: Pick<ArchiveSource, 'identify' | 'introduce'>;
  readonly store: {
    join(request: JoinRequest): Promise<Joined>;
    leave(service: string): Promise<void>;
  };
  readonly health: Pick<SourceHealth, 'watch'>;
}

/** Without a time where Redis could not be asked for it now. */
type Seen = Pick<ClusterIdentity, 'cluster'> & Partial<ClusterIdentity>;

/**
 * The services that archive one cluster into one database. What the cluster is called stands in both, and whoever finds two names archives
 * nothing: of two clusters that share a database each would leave the other's rooms alone, as if somebody had them.
 */
export class Attendance implements Roster {
  readonly #options: AttendanceOptions;
  /** As Redis said it last. */
  #cluster: string | undefined;
  #refusal: string | undefined;
  #fences: readonly number[] = [];

  constructor(options: AttendanceOptions) {
    this.#options = options;
  }

  /** Why this service may archive nothing, in a line for an operator; undefined where it may, as far as is known. */
  get refusal(): string | undefined {
    return this.#refusal;
  }

  /** Up to which the database has closed a partition, when it was asked last. */
  fenceOf(partition: string): number {
    return this.#fences[Number(partition)] ?? 0;
  }

  /**
   * Resolves when this service is one of those of its cluster, as long as it attends. Those who are there say again what their Redis has lost,
   * and who was killed is forgotten: for so long it waits where its Redis is called nothing.
   *
   * @throws OutcryError `badConfig` where the database is another cluster's, or what keeps from asking that
   */
  async begin(patienceMs = 2 * this.#options.times.leaseMs): Promise<void> {
    const { leaseMs, renewMs } = this.#options.times;
    const startedAt = performance.now();
    for (;;) {
      const seen = await this.#options.source.identify();
      await this.#join(seen, leaseMs);
      if (this.#refusal === undefined) return;
      const isSettled = seen.cluster !== undefined || performance.now() - startedAt > patienceMs;
      if (isSettled) throw new OutcryError('badConfig', this.#refusal);
      await pause(renewMs);
    }
  }

  async attend(forMs: number): Promise<readonly string[] | undefined> {
    const seen = await this.#identify();
    return seen === undefined ? undefined : this.#options.health.watch(() => this.#join(seen, forMs));
  }

  async leave(): Promise<void> {
    const { health, store, service } = this.#options;
    await health.watch(() => store.leave(service));
  }

  /** Undefined where Redis cannot be asked. A part of it may be away, and leases of the others be held. */
  async #identify(): Promise<Seen | undefined> {
    try {
      return await this.#options.source.identify();
    } catch (err) {
      if (!(err instanceof OutcryError)) throw err;
      return this.#cluster === undefined ? undefined : { cluster: this.#cluster };
    }
  }

  /** Resolves with all who are there: nobody, where this service is refused. */
  async #join({ cluster: seen, now }: Seen, forMs: number): Promise<readonly string[]> {
    const { store, service } = this.#options;
    const { cluster, services, fences } = await store.join({ service, forMs, seen, now });
    this.#fences = fences;
    this.#refusal = services.length === 0 ? refusalOf(seen, cluster) : undefined;
    this.#cluster = seen;
    if (services.length > 0 && seen === undefined) await this.#introduce(cluster);
    return services;
  }

  /** Where that fails the next look finds nothing, and does it again. */
  async #introduce(cluster: string): Promise<void> {
    try {
      await this.#options.source.introduce(cluster);
      this.#cluster = cluster;
    } catch (err) {
      if (!(err instanceof OutcryError)) throw err;
    }
  }
}

function refusalOf(seen: string | undefined, cluster: string): string {
  if (seen === undefined) {
    return (
      'services archive another Redis into this database (OUTCRY_ARCHIVE_URL), or lost what is stored there and have not said so yet: ' +
      'each cluster needs a database of its own'
    );
  }
  return (
    `the database (OUTCRY_ARCHIVE_URL) is the archive of cluster ${cluster}, and this Redis is of cluster ${seen}: each needs a database ` +
    'of its own. If it is to be the archive of this one, stop all services that use it, and say SELECT outcry.archive_unbind() as its owner'
  );
}
