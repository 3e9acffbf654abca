import { expect, it } from 'vitest';

import { deliveryOf } from './source-options.ts';

const ignore = (): void => undefined;

it('makes a delivery that follows the traces of what a source brings, under the name of the source', async () => {
  const senders: (string | undefined)[] = [];
  const followed: string[] = [];
  const delivery = deliveryOf(
    {
      broker: {
        publish: ({ idempotency }) => {
          senders.push(idempotency?.sender);
          return Promise.resolve({ position: { epoch: 'e', seq: 1 }, isDuplicate: false });
        },
      },
      retention: { of: () => ({ count: 10, ms: 1000 }) },
      maxDataBytes: 64,
      tracing: {
        publish: ({ traceparent }) => {
          followed.push(traceparent);
          return undefined;
        },
      },
      metrics: {
        setPartitions: ignore,
        setServices: ignore,
        setLag: ignore,
        countTakeover: ignore,
        countPublished: ignore,
        countDuplicate: ignore,
        countRefused: ignore,
        countRetried: ignore,
        countSourceFault: ignore,
      },
    },
    '*kafka:t',
  );
  const message = { id: '1', room: 'a', data: '1', traceparent: 'a trace' };
  await delivery.deliver([message], new AbortController().signal);
  expect([senders, followed]).toEqual([['*kafka:t'], ['a trace']]);
});
