import { startPublisher } from '@outcry/testkit';

import { createOutcry } from '../contestants/outcry.ts';
import type { ServerProcess } from '../contestants/server-process.ts';
import type { Scope } from '../measure/scope.ts';

export interface BookServerOptions {
  readonly redisUrl: string;
  readonly symbols: readonly string[];
  /** Order events per second and symbol. */
  readonly eventsPerSecond: number;
  /** Arguments for the gateway's Node. */
  readonly nodeArgs?: readonly string[];
}

/** Milliseconds between two deltas of a symbol's base feed. */
export const DELTA_MS = 100;

/** One gateway and one feed publisher with a simulated market; the latter ends with the scope. */
export async function startBooks(scope: Scope, options: BookServerOptions): Promise<ServerProcess> {
  const { redisUrl, symbols, eventsPerSecond, nodeArgs = [] } = options;
  // Books of an earlier run must not stand in for those of this one.
  const prefix = `bench${String(process.hrtime.bigint())}`;
  const settings = { OUTCRY_REDIS_PREFIX: prefix, OUTCRY_MAX_SUBSCRIPTIONS: String(symbols.length) };
  const gateway = scope.hold(await createOutcry({ encoding: 'msgpack', settings, nodeArgs }).start(redisUrl));
  scope.hold(
    await startPublisher({
      redisUrl,
      redisPrefix: prefix,
      feed: { symbols: symbols.join(','), rate: eventsPerSecond, deltaMs: DELTA_MS },
    }),
  );
  return gateway;
}

export function symbolNames(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `SYM${String(index)}`);
}
