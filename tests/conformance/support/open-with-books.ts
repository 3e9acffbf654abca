import type { RawClient, WireEncoding } from '@outcry/testkit';

import { open } from './clients.ts';

const DEADLINE_MS = 60_000;

/** A client on a gateway that has heard of its books: the publisher may still be starting. */
export async function openWithBooks(url: string, encoding: WireEncoding, count = 2): Promise<RawClient> {
  const client = await open({ url, encoding });
  const deadline = performance.now() + DEADLINE_MS;
  for (;;) {
    const { instruments = [] } = await client.expectAnswer('ack', { type: 'symbols' });
    if (instruments.length === count) return client;
    if (performance.now() > deadline) throw new Error(`only ${String(instruments.length)} books are listed`);
  }
}
