import { integer, readSettings } from '@outcry/config';

import { runService } from '../run-service.ts';

const SETTINGS = {
  OUTCRY_PORT: integer({ meaning: 'A port.', min: 0, max: 65_535, default: 1 }),
  OUTCRY_COUNT: integer({ meaning: 'A count.', min: 0, max: 9, default: 1 }),
};

/** Says on standard error what it was configured with, and what another one would be started with. */
await runService({
  name: 'configured',
  summary: 'takes settings',
  sections: { 'gateway.door': SETTINGS },
  load: (environment) => ({ config: readSettings(SETTINGS, environment) }),
  start: (config, environment) => {
    const { OUTCRY_PORT, OUTCRY_CONFIG_FILE } = environment;
    process.stderr.write(`${JSON.stringify({ config, environment: { OUTCRY_PORT, OUTCRY_CONFIG_FILE } })}\n`);
    process.kill(process.pid, 'SIGTERM');
    const keepAlive = setInterval(() => undefined, 1000);
    return Promise.resolve({
      stop: () => {
        clearInterval(keepAlive);
        return Promise.resolve();
      },
    });
  },
});
