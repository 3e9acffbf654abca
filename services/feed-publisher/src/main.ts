import { createLogger, runService } from '@outcry/service';

import { loadFeedPublisherConfig } from './config/config.ts';
import { FEED_PUBLISHER_SECTIONS } from './config/settings.ts';
import { startService } from './service.ts';

await runService({
  name: 'feed-publisher',
  summary: 'keeps order books and publishes them to the gateways',
  sections: FEED_PUBLISHER_SECTIONS,
  load: loadFeedPublisherConfig,
  async start(config) {
    const logger = createLogger({ level: config.logLevel, fields: { service: 'feed-publisher' } });
    const service = await startService(config, logger);
    logger.info({ source: config.source.kind, internalPort: service.internalPort }, 'feed publisher started');
    return {
      async stop() {
        logger.info('feed publisher stopping');
        await service.stop();
      },
    };
  },
});
