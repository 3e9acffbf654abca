import { setTimeout as pause } from 'node:timers/promises';
import { workerData } from 'node:worker_threads';

import type { ThrottleTask } from './throttle.ts';

const { pid, periodMs, runMs } = workerData as ThrottleTask;
for (;;) {
  process.kill(pid, 'SIGSTOP');
  await pause(periodMs - runMs);
  process.kill(pid, 'SIGCONT');
  await pause(runMs);
}
