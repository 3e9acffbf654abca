import { setTimeout as sleep } from 'node:timers/promises';

import { Scope } from '../measure/scope.ts';
import { WatchedBooks } from './watched-books.ts';

const DEADLINE_MS = 30_000;
const RETRY_MS = 2000;

/**
 * Waits until the gateway has a book of each symbol: a watch of what nobody publishes yet is refused.
 *
 * @throws Error where there is none in time
 */
export async function untilPublished(port: number, symbols: readonly string[]): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (performance.now() < deadline) {
    const found = await Scope.run(async (scope) => {
      const probe = scope.hold(await WatchedBooks.open(port, symbols, { depth: 1, interval: 2000 }));
      await sleep(RETRY_MS);
      return probe.snapshots;
    });
    if (found >= symbols.length) return;
  }
  throw new Error(`expected books of ${String(symbols.length)} symbols`);
}
