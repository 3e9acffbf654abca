import { setTimeout as sleep } from 'node:timers/promises';

import type { Contestant } from '../contestants/contestant.ts';
import { openMembers } from './members.ts';
import { residentBytesOf } from './process-stats.ts';
import { Scope } from './scope.ts';

export interface MemoryOptions {
  readonly redisUrl: string;
  readonly connections: number;
  /** How long the server is left alone. The least that is seen in that time counts: what is above it is garbage that V8 has not collected yet. */
  readonly settleMs: number;
}

export interface MemoryResult {
  /** Of the server with nobody connected, after it has had connections. */
  readonly baseBytes: number;
  readonly bytesPerConnection: number;
}

/** Connections that come and go first: code is compiled and pools are filled by them, not by those that are measured. */
const REHEARSAL_CONNECTIONS = 500;
const SAMPLE_MS = 500;

/** What idle connections take of a server's resident memory, each of them a member of one room. */
export function runMemoryTrial(contestant: Contestant, options: MemoryOptions): Promise<MemoryResult> {
  return Scope.run(async (scope) => {
    const server = scope.hold(await contestant.start(options.redisUrl));
    const rehearsal = await openMembers(contestant, server, REHEARSAL_CONNECTIONS);
    await rehearsal[Symbol.asyncDispose]();
    const baseBytes = await settle(server.pid, options.settleMs);
    scope.hold(await openMembers(contestant, server, options.connections));
    const bytes = await settle(server.pid, options.settleMs);
    return { baseBytes, bytesPerConnection: (bytes - baseBytes) / options.connections };
  });
}

async function settle(pid: number, settleMs: number): Promise<number> {
  const until = performance.now() + settleMs;
  let least = Infinity;
  while (performance.now() < until) {
    await sleep(SAMPLE_MS);
    least = Math.min(least, residentBytesOf(pid));
  }
  return least;
}
