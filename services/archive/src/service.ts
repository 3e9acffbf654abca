import type { Work, WorkerParts } from '@outcry/worker';

import { Archiver } from './archiving/archiver.ts';
import type { ArchiveConfig } from './config/config.ts';
import { ArchiveMetrics } from './observability/archive-metrics.ts';

/** What is said in archived rooms of a cluster, kept for good. */
export function composeArchive(config: ArchiveConfig, { backplane, redis, logger }: WorkerParts): Work {
  const { lease, archive: source, identities } = backplane;
  if (source === undefined || identities === undefined) {
    throw new TypeError('expected a backplane whose rooms can be archived');
  }
  const isStoreUp = (): boolean => archiver.isUp;
  const metrics: ArchiveMetrics = new ArchiveMetrics({
    isBrokerUp: () => redis.isUp,
    isStoreUp,
    stalledMs: () => archiver.stalledMs,
  });
  const archiver: Archiver = new Archiver({ ...config, source, identities, lease, metrics, logger });
  return {
    status: {
      checks: () => [{ name: 'archive', reason: archiver.notReady(), isBlocking: true }],
      exposeMetrics: () => metrics.expose(),
    },
    start: () => archiver.start(),
    stop: () => archiver.stop(),
  };
}
