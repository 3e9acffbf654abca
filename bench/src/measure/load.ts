import { cpuSecondsOf, mainThreadCpuSecondsOf } from './process-stats.ts';

interface Processes {
  readonly server: number;
  readonly members: number;
  readonly publisher: number;
}

export interface LoadReading {
  readonly at: number;
  readonly server: number;
  readonly members: number;
  readonly publisher: number;
}

/** What a measured time has cost. */
export interface Load {
  readonly seconds: number;
  /** CPU seconds of the server, all threads. */
  readonly serverCpuSeconds: number;
  /** The part of one core that the event loop of the members' process used, 0 to 1. */
  readonly membersShare: number;
  readonly publisherShare: number;
}

export function readLoad({ server, members, publisher }: Processes): LoadReading {
  return {
    at: performance.now(),
    server: cpuSecondsOf(server),
    members: mainThreadCpuSecondsOf(members),
    publisher: mainThreadCpuSecondsOf(publisher),
  };
}

export function loadSince(before: LoadReading, after: LoadReading): Load {
  const seconds = (after.at - before.at) / 1000;
  return {
    seconds,
    serverCpuSeconds: after.server - before.server,
    membersShare: (after.members - before.members) / seconds,
    publisherShare: (after.publisher - before.publisher) / seconds,
  };
}
