import { createRedisBackplane } from '@outcry/broker';
import { BackplaneLog, createLogger, runService } from '@outcry/service';

import { loadGatewayConfig } from './config/config.ts';
import { GATEWAY_SETTINGS } from './config/settings.ts';
import { createGateway } from './gateway.ts';

await runService({
  name: 'gateway',
  summary: 'serves WebSocket clients, and relays rooms and books through Redis',
  fields: GATEWAY_SETTINGS,
  load: loadGatewayConfig,
  async start(config) {
    const logger = createLogger({ level: config.logLevel, fields: { service: 'gateway', node: config.nodeId } });
    const backplane = createRedisBackplane({ ...config.redis, events: new BackplaneLog(logger) });
    const gateway = createGateway({ config, backplane, logger });
    await gateway.start();
    return gateway;
  },
});
