import { runService } from '@outcry/service';

import { loadStandaloneConfig } from './config/config.ts';
import { STANDALONE_SECTIONS } from './config/settings.ts';
import { describeStart } from './describe-start.ts';
import { createStandaloneLogger } from './logger.ts';
import { startStandalone } from './standalone.ts';

await runService({
  name: 'standalone',
  summary: 'a gateway with the demo page and simulated books, in one process',
  sections: STANDALONE_SECTIONS,
  switches: { memory: { setting: 'OUTCRY_MEMORY', meaning: 'keep no messages for the next start' } },
  load: loadStandaloneConfig,
  createLogger: () => createStandaloneLogger({ level: 'info' }),
  async start(config) {
    const { logLevel, nodeId } = config.gateway;
    const logger = createStandaloneLogger({ level: logLevel, node: nodeId });
    const standalone = await startStandalone(config, logger);
    process.stderr.write(describeStart(config, standalone.port));
    return standalone;
  },
});
