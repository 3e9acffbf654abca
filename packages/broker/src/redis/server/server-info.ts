import { OutcryError } from '../../outcry-error.ts';

const MIN_MAJOR_VERSION = 7;

/** What a Redis says of itself. */
export interface ServerInfo {
  readonly version: string;
  /**
   * What it does when its memory is full (`maxmemory-policy`). With anything but `noeviction` and `volatile-…` it may forget any
   * key at any time. Empty where it does not say.
   */
  readonly evictionPolicy: string;
  /** 0: as much as there is. */
  readonly maxMemoryBytes: number;
  /** It refuses writes that no replica would get (`min-replicas-to-write`). */
  readonly needsReplicas: boolean;
}

/**
 * Refuses a server that cannot be used: one too old for the scripts (`PEXPIRE … GT`, effects of scripts replicated one by one), a
 * sentinel, a node of a cluster where there should be none, and none where there should be one.
 *
 * @param info the reply of `INFO server`
 * @throws OutcryError `badConfig`
 */
export function assertUsable(info: string, address: string, isOfCluster = false): void {
  const version = readField(info, 'redis_version') ?? 'of unknown version';
  const mode = readField(info, 'redis_mode');
  if (mode === 'cluster' && !isOfCluster) {
    throw refuse(address, 'is a node of a Redis Cluster: outcry needs redis+cluster://host:port in its place');
  }
  if (mode === 'sentinel') {
    throw refuse(
      address,
      'is a Sentinel, which stores nothing: outcry needs redis+sentinel://host:port/name in its place',
    );
  }
  if (mode === 'standalone' && isOfCluster) {
    throw refuse(
      address,
      'is no node of a Redis Cluster (cluster-enabled no): outcry needs redis://host:port in its place',
    );
  }
  if (Number.parseInt(version, 10) >= MIN_MAJOR_VERSION) return;
  throw refuse(address, `is ${version}: outcry needs ${String(MIN_MAJOR_VERSION)} or newer`);
}

/** @param info the replies of `INFO server`, `INFO memory` and `INFO replication` */
export function readServerInfo(info: string): ServerInfo {
  return {
    version: readField(info, 'redis_version') ?? '',
    evictionPolicy: readField(info, 'maxmemory_policy') ?? '',
    maxMemoryBytes: Number(readField(info, 'maxmemory') ?? 0),
    // It counts replicas that keep up only where it needs some; `CONFIG GET`, which says how many, is not for services.
    needsReplicas: readField(info, 'min_slaves_good_slaves') !== undefined,
  };
}

/** @throws OutcryError `badConfig` where what is acknowledged may be on one server alone */
export function assertReplicated({ needsReplicas }: ServerInfo, address: string): void {
  if (!needsReplicas) {
    throw refuse(
      address,
      'takes writes without any replica: OUTCRY_REDIS_REQUIRE_REPLICAS needs min-replicas-to-write 1',
    );
  }
}

/** The value of a line of INFO. */
export function readField(info: string, name: string): string | undefined {
  return new RegExp(`^${name}:(\\S+)`, 'm').exec(info)?.[1];
}

function refuse(address: string, why: string): OutcryError {
  return new OutcryError('badConfig', `Redis at ${address} ${why}`);
}
