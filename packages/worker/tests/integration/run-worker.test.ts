import { OutcryError } from '@outcry/broker';
import { leasePort, startRedis, uniquePrefix } from '@outcry/testkit';
import { expect, it } from 'vitest';

import { startWorker, type Work, type WorkerConfig, type WorkerParts } from '../../src/run-worker.ts';

/** Work that writes down what is done with it. */
function workOf(done: string[], parts: WorkerParts, own: Partial<Work> = {}): Work {
  return {
    status: { checks: () => [], exposeMetrics: () => Promise.resolve('some_metric 1\n') },
    start: () => {
      done.push(`started, redis ${parts.redis.isUp ? 'up' : 'down'}`);
      return Promise.resolve();
    },
    stop: () => {
      done.push(`stopped, redis ${parts.redis.isUp ? 'up' : 'down'}`);
      return Promise.resolve();
    },
    ...own,
  };
}

const configOf = (url: string, port: number): WorkerConfig => ({
  logLevel: 'silent',
  internal: { host: '127.0.0.1', port },
  redis: { url, prefix: uniquePrefix(), startTimeoutMs: 0 },
});

it('begins its work once Redis is there, and ends it before Redis is let go of', async () => {
  await using redis = await startRedis();
  using lease = await leasePort();
  const done: string[] = [];
  const compose = (_: WorkerConfig, parts: WorkerParts): Work => workOf(done, parts);
  const service = await startWorker({ name: 'some-worker', compose }, configOf(redis.url, lease.port));
  const internal = `http://127.0.0.1:${String(lease.port)}`;
  expect(await (await fetch(`${internal}/metrics`)).text()).toBe('some_metric 1\n');
  expect(await (await fetch(`${internal}/readyz`)).json()).toMatchObject({ service: 'some-worker', status: 'ok' });
  expect(done).toEqual(['started, redis up']);
  await service.stop();
  expect(done).toEqual(['started, redis up', 'stopped, redis up']);
  await expect(fetch(internal)).rejects.toThrow();
});

it('leaves nothing running where its work cannot begin: that is told to stop, too', async () => {
  await using redis = await startRedis();
  using lease = await leasePort();
  const done: string[] = [];
  const start = (): Promise<void> => Promise.reject(new OutcryError('badConfig', 'no such table'));
  const compose = (_: WorkerConfig, parts: WorkerParts): Work => workOf(done, parts, { start });
  const starting = startWorker({ name: 'some-worker', compose }, configOf(redis.url, lease.port));
  await expect(starting).rejects.toThrow('no such table');
  expect(done).toEqual(['stopped, redis up']);
  await expect(fetch(`http://127.0.0.1:${String(lease.port)}`)).rejects.toThrow();
});

it('does not begin its work where Redis does not come', async () => {
  using nobody = await leasePort();
  using lease = await leasePort();
  const done: string[] = [];
  const compose = (_: WorkerConfig, parts: WorkerParts): Work => workOf(done, parts);
  const url = `redis://127.0.0.1:${String(nobody.port)}`;
  await expect(startWorker({ name: 'some-worker', compose }, configOf(url, lease.port))).rejects.toThrow(OutcryError);
  expect(done).toEqual([]);
  await expect(fetch(`http://127.0.0.1:${String(lease.port)}`)).rejects.toThrow();
});
