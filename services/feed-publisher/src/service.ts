import { checkStorage, type RequestHandler } from '@outcry/service';
import type { Work, WorkerParts } from '@outcry/worker';

import type { FeedPublisherConfig } from './config/config.ts';
import { createFeedPublisher } from './publisher.ts';
import type { BookSource } from './sources/book-source.ts';
import { createIngestHandler } from './sources/http/ingest-handler.ts';
import { openSource } from './sources/open-source.ts';

/** Books of one source, published to the gateways of a cluster. */
export async function composeFeedPublisher(config: FeedPublisherConfig, parts: WorkerParts): Promise<Work> {
  const { backplane, logger } = parts;
  const { timing, leadership } = config;
  const source = await openSource(config.source, logger);
  const publisher = createFeedPublisher({ source, backplane, timing, leadership, logger });
  return {
    status: {
      checks: () => [
        { name: 'feeds', reason: publisher.notReady(), isBlocking: true },
        checkStorage(backplane.storage, 'books go on'),
      ],
      load: () => publisher.load(),
      exposeMetrics: () => publisher.exposeMetrics(),
      handle: createIngest(config, source, parts),
    },
    about: { source: config.source.kind },
    start: () => publisher.start(),
    stop: () => publisher.stop(),
  };
}

/** Books that are posted come in over the internal port. */
function createIngest(
  { source: config }: FeedPublisherConfig,
  { ingest }: BookSource,
  { redis, logger }: WorkerParts,
): RequestHandler | undefined {
  if (ingest === undefined || config.kind !== 'http') return undefined;
  const { keys, maxBodyBytes } = config;
  return createIngestHandler({ ingest, keys, maxBodyBytes, busNotReady: () => redis.notReady(), logger });
}
