import { checkStorage, type RequestHandler } from '@outcry/service';
import type { Work, WorkerParts } from '@outcry/worker';

import type { FeedPublisherConfig } from './config/config.ts';
import { createFeedPublisher, type FeedPublisher } from './publisher.ts';
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
      handle: createIngest(config, { ...parts, source, publisher }),
    },
    about: { source: config.source.kind },
    start: () => publisher.start(),
    stop: () => publisher.stop(),
  };
}

interface IngestParts extends Pick<WorkerParts, 'redis' | 'logger'> {
  readonly source: BookSource;
  readonly publisher: Pick<FeedPublisher, 'countPost'>;
}

/** Books that are posted come in over the internal port. */
function createIngest(
  { source: config }: FeedPublisherConfig,
  { source: { ingest }, publisher, redis, logger }: IngestParts,
): RequestHandler | undefined {
  if (ingest === undefined || config.kind !== 'http') return undefined;
  const { keys, maxBodyBytes } = config;
  const onAnswered = publisher.countPost.bind(publisher);
  return createIngestHandler({ ingest, keys, maxBodyBytes, busNotReady: () => redis.notReady(), onAnswered, logger });
}
