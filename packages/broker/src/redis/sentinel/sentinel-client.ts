import { Redis } from 'ioredis';
import { AnswerLimit } from '../pacing/answer-limit.ts';
import { connectorFor } from '../routes/connector.ts';
import { describeFault, isLasting, LastingError } from '../faults/fault.ts';
import { routeToServer } from '../routes/route.ts';
import { type HostAddress, type SentinelGroup, showHost } from '../routes/topology.ts';

/** How long a sentinel has to take a connection, and to answer each question. */
export const SENTINEL_LIMIT_MS = 1000;
const DISCONNECT_LIMIT_MS = 500;
const SWITCHED = '+switch-master';

/** What people are told of a sentinel instead of what it says, by how that begins. */
const IN_WORDS: readonly (readonly [begins: string, words: string])[] = [
  ['NOAUTH', 'it wants a password: OUTCRY_REDIS_SENTINEL_PASSWORD'],
  ['ERR No such master', 'it knows no primary of this name'],
  ['ERR unknown command', 'it is no sentinel'],
];

/** Which server is the primary, as a sentinel has it. */
export interface PrimaryReport {
  readonly address: HostAddress;
  /** Of two reports the one with the higher number is the newer, whoever they are from: each failover has a number of its own. */
  readonly configEpoch: number;
}

/** One connection to one sentinel, that is not made again when it ends. */
export class SentinelClient {
  readonly #redis: Redis;
  readonly #group: SentinelGroup;
  #lastFault: unknown;

  constructor(group: SentinelGroup, address: HostAddress) {
    this.#group = group;
    const { isTls, sentinelCredentials: credentials } = group;
    const route = routeToServer({ kind: 'single', shown: showHost(address), isTls, credentials, address });
    this.#redis = new Redis({
      Connector: connectorFor({ route, untilDue: () => Promise.resolve(), handleFound: () => undefined }),
      ...credentials,
      ...(isTls ? { tls: {} } : {}),
      connectionName: 'outcry:sentinel',
      lazyConnect: true,
      retryStrategy: () => null,
      // INFO of a sentinel says nothing that matters here, and its users may lack the right.
      enableReadyCheck: false,
      connectTimeout: SENTINEL_LIMIT_MS,
      disconnectTimeout: DISCONNECT_LIMIT_MS,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      autoResubscribe: false,
    });
    this.#redis.on('error', (error: unknown) => {
      this.#lastFault = error;
    });
  }

  /** @throws Error in words; a `LastingError` where somebody has to do something first */
  async connect(): Promise<void> {
    await this.#limit(this.#redis.connect());
  }

  /**
   * Calls back when the sentinel says that another server has become the primary; resolves when it will.
   *
   * @throws Error in words
   */
  async watch(onSwitched: () => void): Promise<void> {
    this.#redis.on('message', (_channel: string, text: string) => {
      if (text.startsWith(`${this.#group.primary} `)) onSwitched();
    });
    await this.#limit(this.#redis.subscribe(SWITCHED));
  }

  /** @throws Error in words; a `LastingError` where somebody has to do something first */
  async ask(): Promise<PrimaryReport> {
    const { primary } = this.#group;
    // In the midst of a failover the first answers with the new primary, the second still with the old one; both know its number.
    const [address, fields] = await this.#limit(
      Promise.all([
        this.#redis.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', primary),
        this.#redis.call('SENTINEL', 'MASTER', primary),
      ]),
    );
    const report = readReport(address, fields);
    if (report === undefined) throw new Error('it does not answer as a sentinel does');
    return report;
  }

  /** Settles when the connection has ended. */
  ended(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#redis.status === 'end') resolve();
      else this.#redis.once('end', resolve);
    });
  }

  /** Lets go of the connection, whatever it is doing. */
  close(): void {
    if (this.#redis.status !== 'end') this.#redis.disconnect();
  }

  async #limit<T>(reply: Promise<T>): Promise<T> {
    let late: Error | undefined;
    const limit = new AnswerLimit(SENTINEL_LIMIT_MS, () => {
      late = new Error(`no answer within ${String(SENTINEL_LIMIT_MS)} ms`);
      this.#redis.disconnect();
    });
    try {
      return await reply;
    } catch (error) {
      // That a connection has ended says less than why.
      const isEnd = error instanceof Error && error.message.startsWith('Connection is closed');
      throw inWords(late ?? (isEnd ? (this.#lastFault ?? error) : error));
    } finally {
      limit.clear();
    }
  }
}

function inWords(error: unknown): Error {
  const message = error instanceof Error ? error.message : '';
  const text = IN_WORDS.find(([begins]) => message.startsWith(begins))?.[1] ?? describeFault(error);
  return isLasting(error) ? new LastingError(text) : new Error(text);
}

function readReport(address: unknown, fields: unknown): PrimaryReport | undefined {
  if (!Array.isArray(address) || !Array.isArray(fields)) return undefined;
  const [host, port] = address as unknown[];
  const configEpoch = Number(fields[fields.indexOf('config-epoch') + 1]);
  if (typeof host !== 'string' || !Number.isSafeInteger(Number(port)) || !Number.isSafeInteger(configEpoch)) {
    return undefined;
  }
  return { address: { host, port: Number(port) }, configEpoch };
}
