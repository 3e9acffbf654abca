import { connect, createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

const TICK_MS = 25;
const MS_PER_SECOND = 1000;
/** What is read at once: less than a tick's share of a slow link, so that it reads evenly. */
const READ_BYTES = 512;

/**
 * A TCP relay that reads from the server no faster than it is told, in small pieces, as a slow client's network would. What
 * the client sends goes through at once.
 */
export class SlowLink implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #throttled = new Set<Socket>();
  readonly #timer: NodeJS.Timeout;
  #bytesPerSecond = Infinity;
  #allowance = Infinity;

  private constructor(server: Server, serverPort: number) {
    this.#server = server;
    server.on('connection', (client) => {
      this.#relay(client, serverPort);
    });
    this.#timer = setInterval(() => {
      this.#refill();
    }, TICK_MS);
  }

  /** Listens on a free port of the loopback, for a server there. */
  static async start(serverPort: number): Promise<SlowLink> {
    const server = createServer({ noDelay: true });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    return new SlowLink(server, serverPort);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** From now on, for all connections together; Infinity is as fast as it goes. */
  limit(bytesPerSecond: number): void {
    this.#bytesPerSecond = bytesPerSecond;
    this.#allowance = 0;
    this.#refill();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #relay(client: Socket, port: number): void {
    const buffer = Buffer.alloc(READ_BYTES);
    const upstream = connect({
      host: '127.0.0.1',
      port,
      noDelay: true,
      onread: {
        buffer,
        callback: (length) => {
          client.write(Buffer.from(buffer.subarray(0, length)));
          this.#allowance -= length;
          if (this.#allowance > 0) return true;
          this.#throttled.add(upstream);
          return false;
        },
      },
    });
    client.pipe(upstream);
    this.#tie(client, upstream);
    this.#tie(upstream, client);
  }

  #tie(socket: Socket, other: Socket): void {
    this.#sockets.add(socket);
    // A reset is an end like any other; 'close' follows.
    socket.on('error', () => undefined);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      this.#throttled.delete(socket);
      other.destroy();
    });
  }

  #refill(): void {
    const share = (this.#bytesPerSecond * TICK_MS) / MS_PER_SECOND;
    this.#allowance = Math.min(this.#allowance + share, share);
    if (this.#allowance <= 0) return;
    for (const socket of this.#throttled) socket.resume();
    this.#throttled.clear();
  }
}
