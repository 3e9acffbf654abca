import { createRedisBackplane } from '@outcry/broker';
import {
  BackplaneLog,
  checkStorage,
  type Logger,
  type RequestHandler,
  RedisStatus,
  startInternalServer,
} from '@outcry/service';

import type { FeedPublisherConfig } from './config/config.ts';
import { createIngestHandler } from './sources/http/ingest-handler.ts';
import { createFeedPublisher } from './publisher.ts';
import { openSource } from './sources/open-source.ts';

export interface FeedPublisherService {
  readonly internalPort: number;
  /** Publishes what the feeds still hold and hands over, then lets go of everything. */
  stop(): Promise<void>;
}

/**
 * The publisher as a process of its own: over Redis, with its internal port.
 *
 * @throws OutcryError in a line for the operator where it cannot start; nothing is left running then
 */
export async function startService(config: FeedPublisherConfig, logger: Logger): Promise<FeedPublisherService> {
  const source = await openSource(config.source, logger);
  const backplane = createRedisBackplane({ ...config.redis, events: new BackplaneLog(logger) });
  const redis = new RedisStatus(backplane);
  const { timing, leadership } = config;
  const publisher = createFeedPublisher({ source, backplane, timing, leadership, logger });
  const ingest = createIngest();
  const undo: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    // First, so that a start which waits for Redis is seen to live.
    const server = await startInternalServer(config.internal, {
      service: 'feed-publisher',
      checks: () => [
        ...redis.checks,
        { name: 'feeds', reason: publisher.notReady(), isBlocking: true },
        checkStorage(backplane.storage, 'books go on'),
      ],
      load: () => publisher.load(),
      exposeMetrics: () => publisher.exposeMetrics(),
      handle: ingest,
    });
    undo.push(() => server.close());
    undo.push(() => backplane.close());
    await backplane.start(redis);
    undo.push(() => publisher.stop());
    await publisher.start();
    return { internalPort: server.port, stop };
  } catch (err) {
    await stop();
    throw err;
  }

  function createIngest(): RequestHandler | undefined {
    if (source.ingest === undefined || config.source.kind !== 'http') return undefined;
    const { keys, maxBodyBytes } = config.source;
    return createIngestHandler({
      ingest: source.ingest,
      keys,
      maxBodyBytes,
      busNotReady: () => redis.notReady(),
      logger,
    });
  }
}
