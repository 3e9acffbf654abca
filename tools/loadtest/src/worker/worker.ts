import { parentPort, workerData } from 'node:worker_threads';

import { Heads } from '../check/heads.ts';
import { Recorder } from '../measure/recorder.ts';
import { Crew } from './crew.ts';
import type { FromWorker, ToWorker, WorkerTask } from './messages.ts';

const POLL_MS = 20;
/** However much still comes: a deployment that is a minute behind has shown enough. */
const MAX_SETTLE_MS = 60_000;

if (parentPort === null) throw new Error('worker.ts runs in a worker thread');
const port = parentPort;
const task = workerData as WorkerTask;
const recorder = new Recorder(task.plan.urls.length);
const crew = new Crew(task, recorder);
const heads = new Heads();

interface Patience {
  readonly message: () => FromWorker;
  /** How long it may take, from the last delivery on. */
  readonly quietMs: number;
}

/** Says something once it is so, or once nothing has been delivered for a while. */
function tellWhen(isSo: () => boolean, { message, quietMs }: Patience): void {
  const startedAt = performance.now();
  const giveUpAt = startedAt + Math.max(quietMs, MAX_SETTLE_MS);
  const deadline = (): number => Math.min(giveUpAt, Math.max(startedAt, recorder.lastDeliveryAt) + quietMs);
  const timer = setInterval(() => {
    if (!isSo() && performance.now() < deadline()) return;
    clearInterval(timer);
    port.postMessage(message());
  }, POLL_MS);
}

function handle(message: ToWorker): void {
  const { settleMs } = task.plan;
  switch (message.type) {
    case 'begin':
      crew.begin();
      return;
    case 'stop':
      crew.stop();
      tellWhen(() => crew.unacknowledged === 0, {
        quietMs: settleMs,
        message: () => ({ type: 'stopped', heads: crew.heads.entries }),
      });
      return;
    case 'settle':
      heads.merge(message.heads);
      tellWhen(() => crew.hasReached(heads), { quietMs: settleMs, message: () => ({ type: 'settled' }) });
      return;
    case 'sample':
      port.postMessage({ type: 'sample', ...crew.take() } satisfies FromWorker);
      return;
    case 'finish':
      // Judged before the last sample is taken: both end here.
      port.postMessage({ type: 'finished', verdict: crew.finish(heads), ...crew.take() } satisfies FromWorker);
      port.close();
      return;
  }
}

port.on('message', handle);
crew.connect(task.index);
tellWhen(() => crew.isReady, { quietMs: Infinity, message: () => ({ type: 'ready' }) });
