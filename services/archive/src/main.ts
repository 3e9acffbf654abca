import { createLogger, runService } from '@outcry/service';

import { loadArchiveConfig } from './config/config.ts';
import { ARCHIVE_SECTIONS } from './config/settings.ts';
import { startService } from './service.ts';

await runService({
  name: 'archive',
  summary: 'keeps for good what is said in rooms whose rule says so: in PostgreSQL',
  sections: ARCHIVE_SECTIONS,
  load: loadArchiveConfig,
  async start(config) {
    const logger = createLogger({ level: config.logLevel, fields: { service: 'archive' } });
    const service = await startService(config, logger);
    logger.info({ internalPort: service.internalPort }, 'archive started');
    return {
      async stop() {
        logger.info('archive stopping');
        await service.stop();
      },
    };
  },
});
