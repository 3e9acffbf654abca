import { LastingError } from '../faults/fault.ts';
import type { Route } from '../routes/route.ts';
import { type PrimaryReport, SENTINEL_LIMIT_MS, SentinelClient } from './sentinel-client.ts';
import { SentinelWatch } from './sentinel-watch.ts';
import { type HostAddress, type SentinelGroup, showHost } from '../routes/topology.ts';

type Ask = (sentinel: HostAddress, signal: AbortSignal) => Promise<PrimaryReport>;

/** Finds the primary by its sentinels. What any of them has said is remembered: none leads back to an older primary. */
export class SentinelSearch implements Route {
  readonly shown: string;
  readonly isTls: boolean;
  readonly credentials: SentinelGroup['credentials'];
  readonly isToPrimary = true;
  readonly namedBy = 'a sentinel';
  /** To connect, and to ask. */
  readonly findLimitMs: number;
  readonly #group: SentinelGroup;
  readonly #ask: Ask;
  /** In the order in which they are asked: the one that answered last comes first. */
  #sentinels: readonly HostAddress[];
  #newest: PrimaryReport | undefined;

  /** @param ask one sentinel; settles, within two time limits of a sentinel */
  constructor(group: SentinelGroup, ask: Ask = askOnce(group)) {
    this.shown = group.shown;
    this.isTls = group.isTls;
    this.credentials = group.credentials;
    this.findLimitMs = 2 * SENTINEL_LIMIT_MS * group.sentinels.length;
    this.#group = group;
    this.#sentinels = group.sentinels;
    this.#ask = ask;
  }

  /** Asks the sentinels in turn. @throws Error that names each of them, and what is wrong with it */
  async find(signal: AbortSignal): Promise<HostAddress> {
    const faults: string[] = [];
    const older: PrimaryReport[] = [];
    let isLasting = true;
    for (const sentinel of this.#sentinels) {
      try {
        const report = await this.#ask(sentinel, signal);
        signal.throwIfAborted();
        isLasting = false;
        if (this.#learn(report)) return this.#found(sentinel, report);
        older.push(report);
        faults.push(`${showHost(sentinel)} (it has not heard of the last failover)`);
      } catch (error) {
        signal.throwIfAborted();
        isLasting &&= error instanceof LastingError;
        faults.push(`${showHost(sentinel)} (${error instanceof Error ? error.message : String(error)})`);
      }
    }
    const begunAnew = this.#begunAnew(older);
    if (begunAnew !== undefined) return begunAnew.address;
    const message = `no sentinel knows where the primary ${this.#group.primary} is: ${faults.join(', ')}`;
    throw isLasting ? new LastingError(message) : new Error(message);
  }

  watch(onMoved: (address: HostAddress) => void): () => void {
    const watch = new SentinelWatch(this.#group, (report) => {
      const known = this.#newest;
      // By the number alone: one server may go by several names.
      const isNews = known !== undefined && report.configEpoch > known.configEpoch;
      this.#learn(report);
      if (isNews) onMoved(report.address);
    });
    watch.start();
    return () => {
      watch.close();
    };
  }

  /** Whether nothing newer is known. */
  #learn(report: PrimaryReport): boolean {
    if (this.#newest !== undefined && report.configEpoch < this.#newest.configEpoch) return false;
    this.#newest = report;
    return true;
  }

  #found(sentinel: HostAddress, { address }: PrimaryReport): HostAddress {
    this.#sentinels = [sentinel, ...this.#sentinels.filter((other) => other !== sentinel)];
    return address;
  }

  /** Sentinels that were reset or replaced count from the beginning: most of them do so, and not one that was cut off. */
  #begunAnew(older: readonly PrimaryReport[]): PrimaryReport | undefined {
    if (2 * older.length <= this.#sentinels.length) return undefined;
    this.#newest = older.reduce((one, other) => (other.configEpoch > one.configEpoch ? other : one));
    return this.#newest;
  }
}

function askOnce(group: SentinelGroup): Ask {
  return async (sentinel, signal) => {
    const client = new SentinelClient(group, sentinel);
    const giveUp = (): void => {
      client.close();
    };
    signal.addEventListener('abort', giveUp);
    try {
      await client.connect();
      return await client.ask();
    } finally {
      signal.removeEventListener('abort', giveUp);
      client.close();
    }
  };
}
