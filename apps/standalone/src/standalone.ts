import { createMemoryBackplane, createRedisBackplane } from '@outcry/broker';
import { createFeedPublisher, type FeedPublisher, type FeedPublisherConfig, openSource } from '@outcry/feed-publisher';
import { createGateway } from '@outcry/gateway';
import { BackplaneLog, type Logger } from '@outcry/service';

import type { StandaloneConfig } from './config/config.ts';

export interface Standalone {
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts a gateway, and beside it a publisher where there is no cluster to get books from. */
export async function startStandalone(config: StandaloneConfig, logger: Logger): Promise<Standalone> {
  const { gateway: gatewayConfig, feedPublisher: feedConfig } = config;
  const backplane =
    feedConfig === undefined
      ? createRedisBackplane({
          ...{ ...gatewayConfig.redis, told: gatewayConfig.told },
          events: new BackplaneLog(logger),
        })
      : createMemoryBackplane();
  const gateway = createGateway({ config: gatewayConfig, backplane, logger });
  const { port } = await gateway.start();
  const publisher = feedConfig === undefined ? undefined : await startPublisher(feedConfig);
  return {
    port,
    async stop() {
      await publisher?.stop();
      await gateway.stop();
    },
  };

  async function startPublisher({ source, timing }: FeedPublisherConfig): Promise<FeedPublisher> {
    const publisherLogger = logger.child({ part: 'feed-publisher' });
    const started = createFeedPublisher({
      source: await openSource(source, publisherLogger),
      backplane,
      timing,
      logger: publisherLogger,
      hasProcessMetrics: false,
    });
    await started.start();
    return started;
  }
}
