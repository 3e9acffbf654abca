import { AbstractConnector, type StandaloneConnectionOptions } from 'ioredis';
import { connect as connectTcp, type Socket } from 'node:net';
import type { DuplexOptions } from 'node:stream';
import { connect as connectTls } from 'node:tls';

/**
 * What a socket may hold that nobody takes. With Node's own 64 KiB it goes on reading while it is paused, and every message wakes
 * the process all the same; so it stops at the first, and the rest waits in the kernel. A socket that flows never holds any. Node
 * (22) does not hand it on to a TLS socket.
 */
const STREAM_OPTIONS: DuplexOptions = { readableHighWaterMark: 1 };

const DEFAULT_PORT = 6379;

/** Connects as ioredis does, to a socket that stops reading while it is paused. */
export class RedisConnector extends AbstractConnector {
  readonly #options: StandaloneConnectionOptions;

  constructor(options: unknown) {
    const connection = options as StandaloneConnectionOptions;
    super(connection.disconnectTimeout ?? 0);
    this.#options = connection;
  }

  override connect(): Promise<Socket> {
    const { host, port = DEFAULT_PORT, family, tls } = this.#options;
    const options = { ...STREAM_OPTIONS, host, port, family };
    const stream = tls === undefined ? connectTcp(options) : connectTls({ ...options, ...tls });
    this.connecting = true;
    this.stream = stream;
    stream.once('error', (err: Error) => {
      this.firstError = err;
    });
    return Promise.resolve(stream);
  }
}
