import { AbstractConnector, type StandaloneConnectionOptions } from 'ioredis';
import { connect as connectTcp, Socket } from 'node:net';
import type { DuplexOptions } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import type { Route } from './route.ts';
import { showAddress, type SocketAddress } from './topology.ts';

/**
 * What a socket may hold that nobody takes. With Node's own 64 KiB it goes on reading while it is paused, and every message wakes
 * the process all the same; so it stops at the first, and the rest waits in the kernel. A socket that flows never holds any. Node
 * (22) does not hand it on to a TLS socket.
 */
const STREAM_OPTIONS: DuplexOptions = { readableHighWaterMark: 1 };

export interface ConnectorPort {
  readonly route: Route;
  /** Settles when it is time for the next attempt. */
  untilDue(): Promise<void>;
  /** An attempt goes there. */
  handleFound(address: SocketAddress): void;
}

type EmitError = (type: string, error: Error) => void;
/** As `INFO` says it, by lines. */
type ServerFields = Readonly<Record<string, string | undefined>>;

/** Connects to where the route leads, by a socket that stops reading while it is paused. */
export class RedisConnector extends AbstractConnector {
  readonly #port: ConnectorPort;
  readonly #options: StandaloneConnectionOptions;
  #search = new AbortController();
  #address: SocketAddress | undefined;
  #emit: EmitError = () => undefined;

  constructor(options: StandaloneConnectionOptions, port: ConnectorPort) {
    super(options.disconnectTimeout ?? 0);
    this.#options = options;
    this.#port = port;
  }

  override async connect(emit: EmitError = () => undefined): Promise<Socket> {
    this.#emit = emit;
    this.#search = new AbortController();
    this.connecting = true;
    let stream: Socket;
    try {
      stream = await this.#open(this.#search.signal);
    } catch (error) {
      // Behind a connector that rejects, ioredis (6.0.0) never tries again; behind a socket that is closed, it does.
      this.firstError = error instanceof Error ? error : new Error(String(error));
      stream = new Socket().destroy();
    }
    this.stream = stream;
    stream.once('error', (err: Error) => {
      this.firstError = err;
    });
    // ioredis (6.0.0) begins to listen by `prependListener`, which a stream (Node 22) does not take for a listener. It would keep
    // each piece until the next tick, which is more than it may hold: so it would stop reading and begin again, for every piece.
    stream.on('data', () => undefined);
    return stream;
  }

  /** Whether what has been connected to is what it should be. */
  override check(info: ServerFields): boolean {
    const { isToPrimary, namedBy = 'nobody' } = this.#port.route;
    if (!isToPrimary || info['role'] === 'master') return true;
    const role = info['role'] === 'slave' ? 'is a replica' : 'does not say that it is a primary';
    const where = this.#address === undefined ? 'the server' : showAddress(this.#address);
    this.#emit('error', new Error(`${where}, which ${namedBy} names, ${role}`));
    return false;
  }

  override disconnect(): void {
    this.#search.abort();
    super.disconnect();
  }

  async #open(signal: AbortSignal): Promise<Socket> {
    const { route } = this.#port;
    await this.#port.untilDue();
    signal.throwIfAborted();
    const address = await route.find(signal);
    signal.throwIfAborted();
    this.#address = address;
    this.#port.handleFound(address);
    const options = { ...STREAM_OPTIONS, ...address, ...('host' in address ? { family: this.#options.family } : {}) };
    return this.#options.tls === undefined ? connectTcp(options) : connectTls({ ...options, ...this.#options.tls });
  }
}

/** What ioredis makes its connector of. */
export function connectorFor(port: ConnectorPort): new (options: unknown) => RedisConnector {
  return class extends RedisConnector {
    constructor(options: unknown) {
      super(options as StandaloneConnectionOptions, port);
    }
  };
}
