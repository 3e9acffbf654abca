import { createLogger, runService } from '@outcry/service';

import { loadEventsConfig } from './config/config.ts';
import { EVENTS_SECTIONS } from './config/settings.ts';
import { startService } from './service.ts';

await runService({
  name: 'events',
  summary: 'tells a server of yours who comes and who goes',
  sections: EVENTS_SECTIONS,
  load: loadEventsConfig,
  async start(config) {
    const logger = createLogger({ level: config.logLevel, fields: { service: 'events' } });
    const service = await startService(config, logger);
    logger.info({ internalPort: service.internalPort }, 'events started');
    return {
      async stop() {
        logger.info('events stopping');
        await service.stop();
      },
    };
  },
});
