import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** What a thread offers to a gateway. */
export interface LoadData {
  readonly url: string;
  readonly connections: number;
  /** Publishes in each second, whatever becomes of them; or else so many open at once of each connection. */
  readonly pace: { readonly perSecond: number } | { readonly openPerConnection: number };
  /** The gateway's process. */
  readonly pid: number;
  /** Not counted, until everything runs as it will. */
  readonly warmUpMs: number;
  readonly countedMs: number;
}

/** What came of it, in the time that counts. */
export interface LoadOutcome {
  readonly acknowledgedPerSecond: number;
  readonly refusedPerSecond: number;
  readonly offeredPerSecond: number;
  /** Processor time that the gateway had in each second. */
  readonly gatewayMsPerSecond: number;
  /** From a publish to its acknowledgement. */
  readonly waitsMs: readonly number[];
  /** Of refusals, those that say when to come back. */
  readonly hintedPerSecond: number;
}

/** Offers it in a thread of its own, and says what came of it. */
export async function offerLoad(load: LoadData): Promise<LoadOutcome> {
  const thread = new Worker(new URL('offered-load-thread.ts', import.meta.url), { workerData: load });
  try {
    const [outcome] = (await once(thread, 'message')) as [LoadOutcome];
    return outcome;
  } finally {
    await thread.terminate();
  }
}
