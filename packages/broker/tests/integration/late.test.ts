import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RedisCluster } from '../support/redis-cluster.ts';
import { range, request } from '../support/requests.ts';

const LIMIT_MS = 800;

let cluster: RedisCluster;
beforeAll(async () => {
  cluster = await RedisCluster.start();
});
afterAll(async () => {
  await cluster[Symbol.asyncDispose]();
});

/** Stops the process, as a busy machine does. */
function standStill(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

describe('a process that was stopped for longer than the time limit of commands', () => {
  it('finds the answers that have come meanwhile, and fails nobody', async () => {
    const { backplane, recorder } = await cluster.startNode({ commandTimeoutMs: LIMIT_MS });
    const joins = range(1, 200).map((i) => backplane.broker.join(`room-${String(i)}`));
    const published = range(1, 200).map((i) => backplane.broker.publish(request('pit', String(i))));
    // The joins take two steps each: some have their answer to the first by now.
    await published[0];
    standStill(1.5 * LIMIT_MS);
    await Promise.all([...joins, ...published]);
    expect(recorder.statuses).toEqual(['up']);
  });
});
