import { fileURLToPath } from 'node:url';

import { createRedisBackplane } from '@outcry/broker';
import { BackplaneLog, createLogger, runService } from '@outcry/service';

import { loadGatewayConfig } from './config/config.ts';
import { GATEWAY_SECTIONS } from './config/settings.ts';
import { createGateway } from './gateway.ts';
import { Fleet } from './processes/fleet.ts';
import { endWithParent, tellReady } from './processes/parent.ts';

await runService({
  name: 'gateway',
  summary: 'serves WebSocket clients, and relays rooms and books through Redis',
  sections: GATEWAY_SECTIONS,
  load: loadGatewayConfig,
  async start(config, environment) {
    const { processes, nodeId: node } = config;
    const logger = createLogger({ level: config.logLevel, fields: { service: 'gateway', node } });
    if (processes.count > 1 && processes.index === 0) {
      const entry = fileURLToPath(import.meta.url);
      return Fleet.start({ ...config.public, count: processes.count, entry, environment, logger });
    }
    endWithParent();
    const backplane = createRedisBackplane({ ...config.redis, told: config.told, events: new BackplaneLog(logger) });
    const gateway = createGateway({ config, backplane, logger });
    await gateway.start();
    tellReady();
    return gateway;
  },
});
