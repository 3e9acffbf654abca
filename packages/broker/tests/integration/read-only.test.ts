import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { PresenceRecorder } from '../support/presence-recorder.ts';
import { RedisCluster } from '../support/redis-cluster.ts';
import { range, request } from '../support/requests.ts';

const LEASE = { leaseMs: 1500, renewMs: 300 };
/** Longer than the longest wait between two attempts. */
const A_WHILE_MS = 4000;

let cluster: RedisCluster;
const warnings: Error[] = [];
const keepWarning = (warning: Error): void => {
  warnings.push(warning);
};

beforeAll(async () => {
  cluster = await RedisCluster.start();
  process.on('warning', keepWarning);
  return async () => {
    process.off('warning', keepWarning);
    await cluster[Symbol.asyncDispose]();
  };
});
afterEach(async () => {
  await cluster.admin.replicaof('NO', 'ONE');
  await cluster.reset();
  expect(warnings.splice(0)).toEqual([]);
});

/** What becomes of an old primary: it lives on under its name, reads, takes subscriptions, and refuses writes. */
const demote = (): Promise<unknown> => cluster.admin.replicaof('127.0.0.1', 1);

async function connectionsMade(): Promise<number> {
  return Number(/^total_connections_received:(\d+)/m.exec(await cluster.admin.info('stats'))?.[1]);
}

describe('a Redis that takes no writes', () => {
  it('is down and stays down, quietly, until it takes them again', async () => {
    const { backplane, recorder, faults } = await cluster.startNode({ presenceLease: LEASE });
    await backplane.presence.start(new PresenceRecorder());
    await demote();
    await recorder.until(() => recorder.statuses.at(-1) === 'down');
    // The first attempts come fast, because most losses are short.
    await recorder.until(() => faults.length >= 8);
    const [begunAt, madeBefore, faultsBefore] = [performance.now(), await connectionsMade(), faults.length];
    await recorder.until(() => performance.now() - begunAt > A_WHILE_MS);
    expect(recorder.statuses).toEqual(['up', 'down']);
    // One attempt a second, or two where the waits are drawn short.
    expect((await connectionsMade()) - madeBefore).toBeLessThanOrEqual((2 * A_WHILE_MS) / 1000 + 1);
    expect(faults.length - faultsBefore).toBeLessThanOrEqual(3 * ((2 * A_WHILE_MS) / 1000 + 1));
    // Said by the attempt itself, or by what had to be stored between two of them.
    expect(faults.at(-1)).toMatch(
      /^Redis at [^ ]+: (not connected \()?it takes no writes: it is a replica, or was a primary\)?$/,
    );
    await cluster.admin.replicaof('NO', 'ONE');
    await recorder.until(() => recorder.statuses.at(-1) === 'up');
    expect(recorder.statuses).toEqual(['up', 'down', 'up']);
  });

  it('fails all publishes that are on their way with one loss of the connection', async () => {
    const { backplane, recorder, faults } = await cluster.startNode();
    await backplane.broker.join('pit');
    await backplane.broker.publish(request('pit', 'x'));
    await demote();
    const results = await Promise.allSettled(
      range(1, 500).map((i) => backplane.broker.publish(request('pit', String(i)))),
    );
    for (const result of results) {
      expect(result).toMatchObject({ status: 'rejected', reason: { name: 'OutcryError', code: 'unavailable' } });
    }
    await recorder.until(() => recorder.statuses.at(-1) === 'down');
    await recorder.until(() => faults.length >= 6);
    await cluster.admin.replicaof('NO', 'ONE');
    await recorder.until(() => recorder.statuses.at(-1) === 'up');
    const { position } = await backplane.broker.publish(request('pit', 'y'));
    expect(position.seq).toBe(2);
    await recorder.untilMessages(2);
    expect(recorder.resets).toEqual([]);
  });

  it('leaves no slowness behind: the next losses are made good at once', async () => {
    const { recorder, faults } = await cluster.startNode();
    await demote();
    await cluster.admin.call('CLIENT', 'KILL', 'TYPE', 'normal');
    await recorder.until(() => faults.length >= 12);
    await cluster.admin.replicaof('NO', 'ONE');
    await recorder.until(() => recorder.statuses.at(-1) === 'up');
    const begunAt = performance.now();
    for (let losses = 1; losses <= 20; losses += 1) {
      recorder.statuses.length = 0;
      await cluster.admin.call('CLIENT', 'KILL', 'TYPE', 'normal');
      await recorder.untilUpAgain();
    }
    // A twentieth of a second each. Where the waits went on growing, half a second each at least.
    expect(performance.now() - begunAt).toBeLessThan(20 * 500);
  });
});
