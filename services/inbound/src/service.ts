import { createRedisBackplane } from '@outcry/broker';
import { BackplaneLog, checkStorage, type Logger, RedisStatus, startInternalServer } from '@outcry/service';

import type { InboundConfig } from './config/config.ts';
import { InboundMetrics } from './observability/inbound-metrics.ts';
import { Outbox } from './outbox/outbox.ts';

export interface InboundService {
  readonly internalPort: number;
  /** Ends what is under way and hands over, then lets go of everything. */
  stop(): Promise<void>;
}

/**
 * Messages from a back end into the rooms of a cluster.
 *
 * @throws OutcryError in a line for the operator where it cannot start; nothing is left running then
 */
export async function startService(config: InboundConfig, logger: Logger): Promise<InboundService> {
  const { redis: options, rememberMs: idempotencyWindowMs, leases: times, retention, maxDataBytes } = config;
  const backplane = createRedisBackplane({ ...options, idempotencyWindowMs, events: new BackplaneLog(logger) });
  const redis = new RedisStatus(backplane);
  const isSourceUp = (): boolean => outbox.isUp;
  const metrics: InboundMetrics = new InboundMetrics({ isBrokerUp: () => redis.isUp, isSourceUp });
  const { broker, lease } = backplane;
  const outbox: Outbox = new Outbox({
    config: config.outbox,
    broker,
    lease,
    times,
    retention,
    maxDataBytes,
    metrics,
    logger,
  });
  const undo: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    // First, so that a start which waits for Redis is seen to live.
    const server = await startInternalServer(config.internal, {
      service: 'inbound',
      checks: () => [
        ...redis.checks,
        { name: 'outbox', reason: outbox.notReady(), isBlocking: true },
        checkStorage(backplane.storage, 'messages wait'),
      ],
      exposeMetrics: () => metrics.expose(),
    });
    undo.push(() => server.close());
    undo.push(() => backplane.close());
    await backplane.start(redis);
    undo.push(() => outbox.stop());
    await outbox.start();
    return { internalPort: server.port, stop };
  } catch (err) {
    await stop();
    throw err;
  }
}
