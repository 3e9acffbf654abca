import { setTimeout } from 'node:timers/promises';

import { OutcryError } from '@outcry/broker';
import { ConfigError } from '@outcry/config';

import { readEnvironment } from '../config/env.ts';
import { type RunningService, runService } from '../run-service.ts';

const FAULT = readEnvironment()['FAULT'];
const HOUR_MS = 3_600_000;

/** Fails where the environment's FAULT says, or serves. */
await runService({
  name: 'faulty',
  summary: 'fails',
  sections: {},
  load() {
    if (FAULT === 'settings') throw new ConfigError(['OUTCRY_A: required', 'OUTCRY_B: expected a number']);
    return { config: undefined };
  },
  async start(): Promise<RunningService> {
    if (FAULT === 'start')
      throw new OutcryError('unavailable', 'cannot reach Redis at redis://127.0.0.1:1: connection refused');
    if (FAULT === 'bug') throw new TypeError('undefined is not a function');
    if (FAULT === 'crash')
      setImmediate(() => {
        throw new TypeError('undefined is not a function');
      });
    process.stderr.write('starting\n');
    if (FAULT === 'wait') await setTimeout(HOUR_MS);
    const alive = setInterval(() => undefined, HOUR_MS);
    process.stderr.write('serving\n');
    return {
      stop() {
        clearInterval(alive);
        return FAULT === 'stop' ? Promise.reject(new Error('it does not want to')) : Promise.resolve();
      },
    };
  },
});
