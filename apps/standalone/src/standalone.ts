import { EmbeddedArchive } from '@outcry/archive';
import { type Backplane, createMemoryBackplane, createRedisBackplane } from '@outcry/broker';
import { createFeedPublisher, type FeedPublisher, type FeedPublisherConfig, openSource } from '@outcry/feed-publisher';
import { createGateway } from '@outcry/gateway';
import { BackplaneLog, type Logger } from '@outcry/service';

import type { StandaloneConfig } from './config/config.ts';

export interface Standalone {
  readonly port: number;
  stop(): Promise<void>;
}

/**
 * Starts a gateway, and beside it a publisher where there is no cluster to get books from.
 *
 * @throws OutcryError in a line for the operator where it cannot start
 */
export async function startStandalone(config: StandaloneConfig, logger: Logger): Promise<Standalone> {
  const { feedPublisher: feedConfig, data } = config;
  const archive = data && (await EmbeddedArchive.open({ ...data, logger }));
  const started = await startGateway(config, { archive, logger }).catch(async (err: unknown) => {
    await archive?.close();
    throw err;
  });
  const { backplane, gateway, port } = started;
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

interface GatewayParts {
  readonly archive: EmbeddedArchive | undefined;
  readonly logger: Logger;
}

async function startGateway(config: StandaloneConfig, parts: GatewayParts) {
  const backplane = createBackplane(config, parts);
  const gateway = createGateway({ config: config.gateway, backplane, ...parts, searched: parts.archive });
  const { port } = await gateway.start();
  return { backplane, gateway, port };
}

function createBackplane({ gateway, feedPublisher }: StandaloneConfig, { archive, logger }: GatewayParts): Backplane {
  const { redis, told } = gateway;
  if (feedPublisher !== undefined) return createMemoryBackplane(undefined, { keeper: archive });
  return createRedisBackplane({ ...redis, told, events: new BackplaneLog(logger) });
}
