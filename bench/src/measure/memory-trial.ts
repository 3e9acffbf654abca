import { setTimeout as sleep } from 'node:timers/promises';

import type { Contestant } from '../contestants/contestant.ts';
import { openMembers } from './members.ts';
import { residentBytesOf } from './process-stats.ts';
import { Scope } from './scope.ts';

export interface MemoryOptions {
  readonly redisUrl: string;
  readonly connections: number;
  /** How long the connections are left alone before memory is read, so that garbage is collected. */
  readonly settleMs: number;
}

export interface MemoryResult {
  /** Of the server with nobody connected, after it has had connections. */
  readonly baseBytes: number;
  readonly bytesPerConnection: number;
}

/** Connections that come and go first: code is compiled and pools are filled by them, not by those that are measured. */
const REHEARSAL_CONNECTIONS = 500;

/** What idle connections take of a server's resident memory, each of them a member of one room. */
export function runMemoryTrial(contestant: Contestant, options: MemoryOptions): Promise<MemoryResult> {
  return Scope.run(async (scope) => {
    const server = scope.hold(await contestant.start(options.redisUrl));
    const rehearsal = await openMembers(contestant, server, REHEARSAL_CONNECTIONS);
    await rehearsal[Symbol.asyncDispose]();
    await sleep(options.settleMs);
    const baseBytes = residentBytesOf(server.pid);
    scope.hold(await openMembers(contestant, server, options.connections));
    await sleep(options.settleMs);
    const bytes = residentBytesOf(server.pid);
    return { baseBytes, bytesPerConnection: (bytes - baseBytes) / options.connections };
  });
}
