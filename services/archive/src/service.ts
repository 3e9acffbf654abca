import { createRedisBackplane } from '@outcry/broker';
import { BackplaneLog, type Logger, RedisStatus, startInternalServer } from '@outcry/service';

import { Archiver } from './archiving/archiver.ts';
import type { ArchiveConfig } from './config/config.ts';
import { ArchiveMetrics } from './observability/archive-metrics.ts';

export interface ArchiveService {
  readonly internalPort: number;
  /** Ends what is under way and hands over, then lets go of everything. */
  stop(): Promise<void>;
}

/**
 * What is said in archived rooms of a cluster, kept for good.
 *
 * @throws OutcryError in a line for the operator where it cannot start; nothing is left running then
 */
export async function startService(config: ArchiveConfig, logger: Logger): Promise<ArchiveService> {
  const backplane = createRedisBackplane({ ...config.redis, events: new BackplaneLog(logger) });
  const redis = new RedisStatus(backplane);
  const isStoreUp = (): boolean => archiver.isUp;
  const metrics: ArchiveMetrics = new ArchiveMetrics({ isBrokerUp: () => redis.isUp, isStoreUp });
  const { lease, archive: source } = backplane;
  if (source === undefined) throw new TypeError('expected a backplane whose rooms can be archived');
  const archiver: Archiver = new Archiver({ ...config, source, lease, metrics, logger });
  const undo: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    // First, so that a start which waits for Redis is seen to live.
    const server = await startInternalServer(config.internal, {
      service: 'archive',
      checks: () => [...redis.checks, { name: 'archive', reason: archiver.notReady(), isBlocking: true }],
      exposeMetrics: () => metrics.expose(),
    });
    undo.push(() => server.close());
    undo.push(() => backplane.close());
    await backplane.start(redis);
    undo.push(() => archiver.stop());
    await archiver.start();
    return { internalPort: server.port, stop };
  } catch (err) {
    await stop();
    throw err;
  }
}
