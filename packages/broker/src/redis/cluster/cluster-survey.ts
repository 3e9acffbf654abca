import { setTimeout as delay } from 'node:timers/promises';
import { OutcryError } from '../../outcry-error.ts';
import { backoffMs } from '../pacing/backoff.ts';
import { addressesIn, type ClusterView, readClusterNodes } from './cluster-view.ts';
import { RedisConnection } from '../connection/connection.ts';
import { LastingFault } from '../faults/fault.ts';
import { routeInCluster } from '../routes/route.ts';
import { assertUsable } from '../server/server-info.ts';
import { type HostAddress, type RedisCluster, showHost } from '../routes/topology.ts';

/** Where slots go is mostly known before: by a command that finds none, or a channel that is not heard any more. */
const INTERVAL_MS = 5000;
/** While something is without its server: who has been promoted is found within this. */
const MAX_SEARCH_INTERVAL_MS = 500;
/** Between two questions, whatever happens. */
const MIN_INTERVAL_MS = 50;
/** Behind the first answer: a server that hangs holds nobody up. */
const PATIENCE_MS = 250;
/** Behind a refusal that no waiting mends: another server may know better, if it is there. */
const DOUBT_MS = 1000;

export interface ClusterSurveyOptions {
  readonly cluster: RedisCluster;
  readonly prefix: string;
  readonly commandTimeoutMs: number;
}

const ignore = (): void => undefined;

/** A server that is connected to. */
export interface Asked {
  readonly address: HostAddress;
  readonly commands: Pick<RedisConnection, 'run'>;
}

export interface ClusterSurveyPort {
  /** Who can be asked without another connection. */
  connected(): readonly Asked[];
  /** An attempt to find the first server has failed; there will be another. */
  handleRefused(fault: OutcryError): void;
  handleViews(views: readonly ClusterView[]): void;
  /** Whether everything is where it should be. */
  isCalm(): boolean;
}

/**
 * Asks which server has which slots: all that are connected to at once, because each of them may be the one that has not heard of the last
 * failover; and where none answers, all that anybody has ever named.
 */
export class ClusterSurvey {
  readonly #options: ClusterSurveyOptions;
  readonly #port: ClusterSurveyPort;
  #known: readonly HostAddress[];
  #running: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #restless = 0;
  #isStarted = false;
  #isClosed = false;

  constructor(options: ClusterSurveyOptions, port: ClusterSurveyPort) {
    this.#options = options;
    this.#port = port;
    this.#known = options.cluster.seeds;
  }

  /**
   * The first view.
   *
   * @throws OutcryError where no server answers before the deadline, or what is named is no cluster
   */
  async findFirst(deadline: number): Promise<ClusterView> {
    const { seeds, shown } = this.#options.cluster;
    const handleRefused = this.#port.handleRefused.bind(this.#port);
    const scouts = seeds.map((address) => this.#createScout(address, handleRefused));
    const asking = scouts.map(({ connection, address }) => this.#scout(connection, { address, deadline }));
    try {
      return await Promise.race([Promise.any(asking), untilRefused(asking)]);
    } catch (error) {
      if (!(error instanceof AggregateError)) throw error;
      const faults = error.errors.filter((one) => one instanceof OutcryError);
      const useless = faults.find(({ code }) => code !== 'unavailable');
      const [first] = faults;
      if (useless !== undefined) throw useless;
      throw new OutcryError('unavailable', `no server of ${shown} answers: ${first?.message ?? String(error)}`);
    } finally {
      await Promise.all(scouts.map(({ connection }) => connection.close()));
    }
  }

  /** From now on, until it is closed. */
  start(): void {
    this.#isStarted = true;
    this.refreshSoon();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  refreshSoon(): void {
    if (this.#isStarted) void this.refresh();
  }

  /** Resolves when servers have been asked since it was called. Never rejects. */
  refresh(): Promise<void> {
    this.#next ??= this.#askNext();
    return this.#next;
  }

  async #askNext(): Promise<void> {
    await this.#running;
    this.#next = undefined;
    const asking = this.#ask();
    // What comes meanwhile waits for another round.
    this.#running = Promise.all([asking, delay(MIN_INTERVAL_MS, undefined, { ref: false })]).then(() => undefined);
    await asking;
  }

  async #ask(): Promise<void> {
    clearTimeout(this.#timer);
    const views = await this.#askConnected();
    if (views.length === 0) views.push(...(await this.#askAnybody()));
    if (this.#isClosed) return;
    if (views.length > 0) {
      this.#known = [...addressesIn(views), ...this.#options.cluster.seeds];
      this.#port.handleViews(views);
    }
    this.#restless = this.#port.isCalm() ? 0 : this.#restless + 1;
    this.#timer = setTimeout(
      () => {
        this.refreshSoon();
      },
      this.#restless === 0 ? INTERVAL_MS : Math.min(backoffMs(this.#restless), MAX_SEARCH_INTERVAL_MS),
    ).unref();
  }

  /** Those who answer; the others are not waited for. */
  async #askConnected(): Promise<ClusterView[]> {
    const views: ClusterView[] = [];
    const asking = this.#port.connected().map(async (asked) => {
      views.push(await this.#askOne(asked));
    });
    const first = Promise.any(asking).then(
      () => delay(PATIENCE_MS, undefined, { ref: false }),
      () => undefined,
    );
    await Promise.race([Promise.allSettled(asking), first]);
    return [...views];
  }

  async #askAnybody(): Promise<ClusterView[]> {
    const addresses = [...new Map(this.#known.map((address) => [showHost(address), address])).values()];
    const scouts = addresses.map((address) => this.#createScout(address));
    try {
      const deadline = performance.now();
      return [
        await Promise.any(scouts.map(({ connection, address }) => this.#scout(connection, { address, deadline }))),
      ];
    } catch {
      return [];
    } finally {
      await Promise.all(scouts.map(({ connection }) => connection.close()));
    }
  }

  #createScout(
    address: HostAddress,
    handleRefused: (fault: OutcryError) => void = ignore,
  ): { readonly address: HostAddress; readonly connection: RedisConnection } {
    const { cluster, prefix, commandTimeoutMs } = this.#options;
    // A replica knows as much.
    const server = { ...routeInCluster(cluster, address), isToPrimary: false };
    const handler = { handleReady: ignore, handleLost: ignore, handleRefused, handleUnwritable: ignore };
    const connection = new RedisConnection({ server, name: `${prefix}:search`, commandTimeoutMs }, handler);
    return { address, connection };
  }

  async #scout(
    connection: RedisConnection,
    { address, deadline }: { readonly address: HostAddress; readonly deadline: number },
  ): Promise<ClusterView> {
    await connection.connect(deadline);
    assertUsable(await connection.run((redis) => redis.info('server')), connection.address, true);
    return this.#askOne({ address, commands: connection });
  }

  async #askOne({ address, commands }: Asked): Promise<ClusterView> {
    const reply = await commands.run((redis) => redis.cluster('NODES'));
    return readClusterNodes(String(reply), { asked: address, isTls: this.#options.cluster.isTls });
  }
}

/** Rejects a while after one has refused for good: those that cannot be reached are not waited for until the deadline. */
async function untilRefused(asking: readonly Promise<unknown>[]): Promise<never> {
  const refused = new Promise<Error>((resolve) => {
    for (const one of asking) {
      one.catch((error: unknown) => {
        if (isRefusal(error)) resolve(error);
      });
    }
  });
  const fault = await refused;
  await delay(DOUBT_MS, undefined, { ref: false });
  throw fault;
}

function isRefusal(error: unknown): error is OutcryError {
  return error instanceof LastingFault || (error instanceof OutcryError && error.code === 'badConfig');
}
