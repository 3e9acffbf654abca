import { type Command, Redis, type RedisOptions } from 'ioredis';
import type { Intake } from '../../intake.ts';
import { OutcryError, UnwritableError } from '../../outcry-error.ts';
import { AnswerLimit } from '../pacing/answer-limit.ts';
import { backoffMs } from '../pacing/backoff.ts';
import { CommandDeadlines } from './command-deadlines.ts';
import { connectorFor, type ConnectorPort } from '../routes/connector.ts';
import { describeFault, isLasting, LastingFault, type WriteRefusal, writeRefusalOf } from '../faults/fault.ts';
import { type GatherWindow, Gathering } from './gathering.ts';
import { Heartbeat } from './heartbeat.ts';
import { readRedirect, RedirectError } from '../faults/redirect.ts';
import type { Script, ScriptArgument } from '../scripts/script-call.ts';
import { isSameHost, type Route } from '../routes/route.ts';
import type { HostAddress, SocketAddress } from '../routes/topology.ts';

/** How long one attempt to connect may take. */
const CONNECT_LIMIT_MS = 3000;
/** How long a connection that has been given up may take to close before it is cut. */
const DISCONNECT_LIMIT_MS = 500;
/**
 * A silent partition shows in nothing else: measured, an idle subscriber notices it after 40 s by TCP keepalive, and without
 * that never.
 */
const PING_INTERVAL_MS = 3000;
/** Commands without an answer; further ones are refused. At 1 ms to Redis this is eight million a second. */
const MAX_COMMANDS_IN_FLIGHT = 8192;
/** Between two questions to a Redis that loads its data. Its own estimate may be far off: up to 10 s (ioredis 6.0.0) for a tenth of one. */
const MAX_LOADING_WAIT_MS = 250;

export interface ConnectionOptions {
  readonly server: Route;
  /** Shows in `CLIENT LIST`. */
  readonly name: string;
  readonly commandTimeoutMs: number;
  /** Nothing waits for more than its turn unless given. */
  readonly gathering?: GatherWindow;
}

export interface ConnectionHandler {
  /** Connected again, after `handleLost`. */
  handleReady(): void;
  handleLost(fault: OutcryError): void;
  /** An attempt at the first connection has failed; there will be another. */
  handleRefused(fault: OutcryError): void;
  /** A write was refused, by a Redis that is there. */
  handleUnwritable(refusal: WriteRefusal): void;
  /** Of a Redis Cluster: a slot has gone to another server, and what was listened to in it is not heard here any more. */
  handleMoved?(): void;
}

/**
 * One connection to Redis, kept up for ever once it has been up.
 *
 * A command is sent at once or refused, never queued for later and never sent twice; it settles within the command time limit.
 */
export class RedisConnection implements Intake {
  /** Where Redis is, fit to be shown. */
  readonly address: string;
  readonly #redis: Redis;
  readonly #handler: ConnectionHandler;
  readonly #heartbeat: Heartbeat;
  readonly #deadlines: CommandDeadlines;
  readonly #gathering: Gathering;
  /** On the connection that there is. */
  readonly #sentScripts = new Set<Script>();
  readonly #commandTimeoutMs: number;
  readonly #connectLimitMs: number;
  /** Where the connection is, or the attempt at one goes. */
  #at: SocketAddress | undefined;
  #inFlight = 0;
  /** When anything was last heard on it, by the monotonic clock. */
  #heardAt = -Infinity;
  #hasBeenUp = false;
  /** Connections lost, or not made, since one has proved to be of use. */
  #failures = 0;
  #isGivingUp = false;
  #isClosed = false;
  #lastFault = 'connection closed';
  #isLasting = false;
  #wake: (() => void) | undefined;

  constructor({ server, name, commandTimeoutMs, gathering }: ConnectionOptions, handler: ConnectionHandler) {
    this.address = server.shown;
    this.#connectLimitMs = CONNECT_LIMIT_MS + server.findLimitMs;
    this.#handler = handler;
    this.#commandTimeoutMs = commandTimeoutMs;
    this.#deadlines = new CommandDeadlines(commandTimeoutMs);
    this.#redis = new Redis({
      ...FIXED_OPTIONS,
      Connector: connectorFor(this.#createConnectorPort(server)),
      ...server.credentials,
      ...(server.isTls ? { tls: {} } : {}),
      connectionName: name,
      commandTimeout: commandTimeoutMs,
      // At once, because the connector waits until an attempt is due: its waiting can be cut short.
      retryStrategy: () => (this.#hasBeenUp ? 0 : null),
    });
    this.#gathering = new Gathering(() => this.#redis.stream, gathering);
    this.#heartbeat = new Heartbeat({
      intervalMs: PING_INTERVAL_MS,
      beat: () => this.#deadlines.limit(this.#redis.ping()),
      lastSign: () => this.#heardAt,
      onMissed: () => {
        this.reconnect('no answer to a ping');
      },
    });
    this.#listen();
  }

  /**
   * Makes the first connection; tries until `deadline` (`performance.now()`), unless what is wrong lasts.
   *
   * @throws OutcryError `unavailable`, or `closed`; nothing is left running then
   */
  async connect(deadline: number): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      if (await this.#tryConnect()) return;
      this.assertOpen();
      const message = `cannot reach Redis at ${this.address}: ${this.#lastFault}`;
      if (this.#isLasting) throw new LastingFault(message);
      const fault = new OutcryError('unavailable', message);
      const delayMs = backoffMs(attempt);
      if (performance.now() + delayMs >= deadline) throw fault;
      this.#handler.handleRefused(fault);
      await this.#pause(delayMs);
      this.assertOpen();
    }
  }

  /**
   * Runs a command. The connection is lent to `command` for the duration of the call.
   *
   * @throws OutcryError `unavailable`, of which an `UnwritableError` and a `RedirectError` are ones, or `closed`
   */
  async run<T>(command: (redis: Redis) => Promise<T>): Promise<T> {
    this.#gathering.sendPending();
    this.assertReady();
    this.#inFlight += 1;
    this.#gathering.hold();
    try {
      const answer = await this.#deadlines.limit(command(this.#redis));
      this.#heardAt = performance.now();
      return answer;
    } catch (error) {
      if (this.#isClosedNow()) throw closed();
      throw this.#faultOf(error);
    } finally {
      this.#inFlight -= 1;
    }
  }

  /** Runs a command that is about a slot on its way to this server. It is the first that `command` sends. */
  runAsked<T>(command: (redis: Redis) => Promise<T>): Promise<T> {
    return this.run((redis) => {
      redis.asking().catch(() => undefined);
      return command(redis);
    });
  }

  /** @throws OutcryError `closed` behind `close` */
  assertOpen(): void {
    if (this.#isClosed) throw closed();
  }

  /** @throws OutcryError `unavailable` or `closed` where a command would be refused */
  assertReady(): void {
    this.assertOpen();
    if (this.#inFlight >= MAX_COMMANDS_IN_FLIGHT) throw this.#unavailable('too many commands without an answer');
    if (this.#redis.status !== 'ready') throw this.#unavailable(`not connected (${this.#lastFault})`);
  }

  /** As a router promises it (router.ts). */
  beforeNext(send: () => void): void {
    this.#gathering.beforeNext(send);
  }

  /** Runs a script in one step; strings in its reply are buffers. Calls are carried out in the order in which they are made. */
  runScript(script: Script, keys: readonly string[], args: readonly ScriptArgument[]): Promise<unknown> {
    return this.run((redis) => this.#runScript(redis, () => this.#createCall(script, keys, args), script));
  }

  /** The same, where its keys are in a slot on its way to this server. */
  runScriptAsked(script: Script, keys: readonly string[], args: readonly ScriptArgument[]): Promise<unknown> {
    const createCall = (redis: Redis): Command => {
      redis.asking().catch(() => undefined);
      return this.#createCall(script, keys, args);
    };
    return this.run((redis) => this.#runScript(redis, () => createCall(redis), script));
  }

  /**
   * Asks for a write that needs memory, so that Redis refuses it whenever it would refuse any, and that changes nothing.
   *
   * @param key that nobody uses
   */
  async probe(key: string): Promise<void> {
    await this.run((redis) => redis.zadd(key, 'XX', 1, ''));
  }

  /** Calls back with every message of the subscribed channels. The bytes are views of what the socket read. */
  onMessage(callback: (channel: string, payload: Buffer) => void): void {
    for (const event of ['messageBuffer', 'smessageBuffer']) {
      this.#redis.on(event, (channel: Buffer, payload: Buffer) => {
        this.#heardAt = performance.now();
        if (!this.#isClosed) callback(channel.toString(), payload);
      });
    }
  }

  /** Of a Redis Cluster: what has been acknowledged and not been taken back, as ioredis (6.0.0) keeps it. */
  get acknowledgedChannels(): ReadonlySet<string> {
    const subscriptions = this.#redis.condition?.subscriber;
    return new Set(subscriptions ? subscriptions.channels('ssubscribe') : []);
  }

  hold(): void {
    // A connection that is being made would not be, and one that is held when it ends is not known to have ended.
    if (this.#redis.status === 'ready') this.#redis.stream.pause();
  }

  release(): void {
    if (this.#redis.status === 'ready') this.#redis.stream.resume();
  }

  /** Gives up a connection that is of no use though it may look alive, and makes a new one. */
  reconnect(why: string): void {
    if (this.#isClosed || this.#isGivingUp || this.#redis.status !== 'ready') return;
    this.#isGivingUp = true;
    this.#lastFault = why;
    this.#redis.disconnect(true);
  }

  /** The server is there from now on: whatever leads elsewhere is given up, and nothing waits any longer. */
  moveTo(address: HostAddress): void {
    const why = 'there is another primary';
    this.#wake?.();
    if (this.#isClosed || this.#at === undefined || isSameHost(this.#at, address)) return;
    if (this.#redis.status === 'ready') this.reconnect(why);
    else {
      this.#lastFault = why;
      this.#redis.disconnect(true);
    }
  }

  /** The connection has proved to be of use: the next one, should it be lost, is made without delay. */
  trust(): void {
    this.#failures = 0;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#wake?.();
    this.#heartbeat.stop();
    const ended =
      this.#redis.status === 'ready' ? new Promise((resolve) => this.#redis.once('end', resolve)) : undefined;
    this.#redis.disconnect();
    await ended;
  }

  async #tryConnect(): Promise<boolean> {
    this.#lastFault = 'connection closed';
    this.#isLasting = false;
    const limit = new AnswerLimit(this.#connectLimitMs, () => {
      this.#lastFault = `no answer within ${String(this.#connectLimitMs)} ms`;
      this.#redis.disconnect();
    });
    try {
      await this.#redis.connect();
      this.#hasBeenUp = true;
      return true;
    } catch {
      // Behind its end it would take the next connection for one that is to end, too (ioredis 6.0.0).
      if (this.#redis.status !== 'end') this.#redis.disconnect();
      return false;
    } finally {
      limit.clear();
    }
  }

  #createConnectorPort(route: Route): ConnectorPort {
    return {
      route,
      untilDue: async () => {
        this.#at = undefined;
        // ioredis's own count of attempts begins anew with each connection, however little that one was good for.
        if (this.#hasBeenUp) await this.#pause(backoffMs((this.#failures += 1)));
      },
      handleFound: (address) => {
        this.#at = address;
      },
    };
  }

  async #pause(ms: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      timer = setTimeout(resolve, ms);
    });
    clearTimeout(timer);
    this.#wake = undefined;
  }

  async #runScript(redis: Redis, createCall: () => Command, script: Script): Promise<unknown> {
    try {
      return await redis.sendCommand(createCall());
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      // Somebody has flushed the scripts.
      this.#sentScripts.delete(script);
      return redis.sendCommand(createCall());
    }
  }

  /** What whoever runs a command is told of what Redis or ioredis has said. */
  #faultOf(error: unknown): OutcryError {
    const message = `Redis at ${this.address}: ${describeFault(error)}`;
    const redirect = readRedirect(error);
    if (redirect !== undefined) return new RedirectError(redirect, message);
    const refusal = writeRefusalOf(error);
    if (refusal === undefined)
      return isLasting(error) ? new LastingFault(message) : new OutcryError('unavailable', message);
    this.#handler.handleUnwritable(refusal);
    return new UnwritableError(refusal.storage.reason, message);
  }

  /** By its text the first time: what follows on the connection finds it known, and none has to be sent again behind others. */
  #createCall(script: Script, keys: readonly string[], args: readonly ScriptArgument[]): Command {
    if (this.#sentScripts.has(script)) return script.callByDigest(keys, args);
    this.#sentScripts.add(script);
    return script.callByText(keys, args);
  }

  #listen(): void {
    this.#redis.on('error', (error: unknown) => {
      this.#lastFault = describeFault(error);
      this.#isLasting = isLasting(error);
    });
    this.#redis.on('ready', () => {
      // From here on `#deadlines` has the time limit: those of ioredis are for what it asks while it connects.
      delete this.#redis.options.commandTimeout;
      this.#lastFault = 'connection closed';
      this.#heartbeat.start();
      if (this.#hasBeenUp && !this.#isClosed) this.#handler.handleReady();
    });
    this.#redis.on('moved', () => this.#handler.handleMoved?.());
    this.#redis.on('close', () => {
      this.#redis.options.commandTimeout = this.#commandTimeoutMs;
      this.#isGivingUp = false;
      this.#sentScripts.clear();
      this.#heartbeat.stop();
      if (this.#hasBeenUp && !this.#isClosed) this.#handler.handleLost(this.#unavailable(this.#lastFault));
    });
  }

  #isClosedNow(): boolean {
    return this.#isClosed;
  }

  #unavailable(what: string): OutcryError {
    return new OutcryError('unavailable', `Redis at ${this.address}: ${what}`);
  }
}

const FIXED_OPTIONS = {
  lazyConnect: true,
  connectTimeout: CONNECT_LIMIT_MS,
  disconnectTimeout: DISCONNECT_LIMIT_MS,
  maxLoadingRetryTime: MAX_LOADING_WAIT_MS,
  // Its queue has no bound (ioredis 6.0.0).
  enableOfflineQueue: false,
  // A command whose reply was lost may have been carried out.
  autoResendUnfulfilledCommands: false,
  // Commands in flight fail with their connection: without this, those that are not sent again never settle.
  maxRetriesPerRequest: 0,
  // It neither awaits nor catches its SUBSCRIBE, and says "ready" without a single channel.
  autoResubscribe: false,
} satisfies RedisOptions;

function closed(): OutcryError {
  return new OutcryError('closed', 'the backplane is closed');
}
