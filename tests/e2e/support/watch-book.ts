import { setTimeout as delay } from 'node:timers/promises';

import type { RawClient } from '@outcry/testkit';

import { ClientBook } from './client-book.ts';

const DEADLINE_MS = 60_000;
const RETRY_MS = 50;

/** Subscribes, as often as it takes while the publisher is starting, and gives the book of the snapshot. */
export async function watchBook(
  client: RawClient,
  choice: { readonly symbol: string; readonly depth: number; readonly interval: number },
): Promise<ClientBook> {
  const deadline = performance.now() + DEADLINE_MS;
  while (performance.now() < deadline) {
    const { type } = await client.request({ type: 'subscribe', ...choice });
    if (type === 'ack') return new ClientBook(await client.next({ type: 'snapshot', ...choice }));
    await delay(RETRY_MS);
  }
  throw new Error(`${choice.symbol} was not published`);
}
