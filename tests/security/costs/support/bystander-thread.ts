import { setTimeout as delay } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';

import { RawClient } from '@outcry/testkit';

import type { BystanderData, Notice } from './bystander.ts';

/** An answer that takes longer is one that did not come. */
const ANSWER_DEADLINE_MS = 30_000;

const { url, intervalMs } = workerData as BystanderData;
const client = await RawClient.connect({ url, encoding: 'json' });
await client.expectAnswer('joined', { type: 'join', room: 'bystanders', history: 0 });

let waitsMs: number[] = [];
let refused = 0;
let sentAt: number | undefined;
parentPort?.on('message', () => {
  // The one that waits counts with what it has waited so far.
  const open = sentAt === undefined ? [] : [performance.now() - sentAt];
  parentPort?.postMessage({ waitsMs: [...waitsMs, ...open], refused } satisfies Notice);
  waitsMs = [];
  refused = 0;
});
parentPort?.postMessage('ready');

for (;;) {
  sentAt = performance.now();
  const answer = await client
    .request({ type: 'publish', room: 'bystanders', data: 'still here' }, ANSWER_DEADLINE_MS)
    .catch(() => undefined);
  waitsMs.push(performance.now() - sentAt);
  if (answer?.type !== 'ack') refused += 1;
  sentAt = undefined;
  await delay(intervalMs);
}
