import { createLogger } from '../log/logger.ts';
import { runService } from '../run-service.ts';

const LINES = 50_000;
const FILLER = 'x'.repeat(200);

/** Logs more than any pipe or buffer holds, then says on stderr that it serves. */
await runService({
  name: 'talkative',
  summary: 'logs',
  sections: {},
  load: () => ({ config: undefined }),
  start: () => {
    const logger = createLogger({ level: 'info', fields: {} });
    for (let i = 0; i < LINES; i += 1) logger.info({ filler: FILLER }, 'line');
    process.stderr.write('serving\n');
    const keepAlive = setInterval(() => undefined, 1000);
    return Promise.resolve({
      stop: () => {
        clearInterval(keepAlive);
        return Promise.resolve();
      },
    });
  },
});
