import { backoffMs } from '../pacing/backoff.ts';
import { type PrimaryReport, SentinelClient } from './sentinel-client.ts';
import type { HostAddress, SentinelGroup } from '../routes/topology.ts';

/** A sentinel that is asked so often is known to be there, and what it said while nobody listened is not missed for longer. */
const INTERVAL_MS = 3000;

/** Listens to all sentinels of a group at once: the first that knows of a failover is the one that counts. */
export class SentinelWatch {
  readonly #group: SentinelGroup;
  readonly #onReport: (report: PrimaryReport) => void;
  readonly #stop = new AbortController();

  constructor(group: SentinelGroup, onReport: (report: PrimaryReport) => void) {
    this.#group = group;
    this.#onReport = onReport;
  }

  /** Listens for as long as it is not closed, whoever of them is there meanwhile. */
  start(): void {
    for (const sentinel of this.#group.sentinels) void this.#follow(sentinel);
  }

  close(): void {
    this.#stop.abort();
  }

  async #follow(sentinel: HostAddress): Promise<void> {
    for (let attempt = 1; !this.#stop.signal.aborted; attempt += 1) {
      try {
        await this.#listen(sentinel);
        attempt = 0;
      } catch {
        // Whoever needs an answer asks by itself, and says who gives none.
      }
      await this.#pause(backoffMs(attempt + 1));
    }
  }

  /** Resolves when a connection that was of use has ended. */
  async #listen(sentinel: HostAddress): Promise<void> {
    const client = new SentinelClient(this.#group, sentinel);
    const giveUp = (): void => {
      client.close();
    };
    this.#stop.signal.addEventListener('abort', giveUp);
    let timer: NodeJS.Timeout | undefined;
    try {
      await client.connect();
      const look = (): void => {
        client.ask().then((report) => {
          if (!this.#stop.signal.aborted) this.#onReport(report);
        }, giveUp);
      };
      await client.watch(look);
      look();
      timer = setInterval(look, INTERVAL_MS);
      await client.ended();
    } finally {
      clearInterval(timer);
      this.#stop.signal.removeEventListener('abort', giveUp);
      client.close();
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const { signal } = this.#stop;
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      signal.addEventListener('abort', end);
      if (signal.aborted) end();
    });
  }
}
