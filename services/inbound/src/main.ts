import { createLogger, runService } from '@outcry/service';

import { loadInboundConfig } from './config/config.ts';
import { INBOUND_FOLLOWS, INBOUND_SECTIONS } from './config/settings.ts';
import { startService } from './service.ts';

await runService({
  name: 'inbound',
  summary:
    'publishes what a back end has written down: in a PostgreSQL outbox, in streams of a Redis, in topics of a Kafka',
  sections: INBOUND_SECTIONS,
  follows: INBOUND_FOLLOWS,
  load: loadInboundConfig,
  async start(config) {
    const logger = createLogger({ level: config.logLevel, fields: { service: 'inbound' } });
    const service = await startService(config, logger);
    logger.info({ internalPort: service.internalPort }, 'inbound started');
    return {
      async stop() {
        logger.info('inbound stopping');
        await service.stop();
      },
    };
  },
});
