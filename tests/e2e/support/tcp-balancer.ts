import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A stand-in for a load balancer: each connection goes to the first of its ports that takes it. */
export class TcpBalancer implements AsyncDisposable {
  readonly #server: Server;
  readonly #ports: readonly number[];
  readonly #sockets = new Set<Socket>();
  #isClosedToNew = false;

  private constructor(server: Server, ports: readonly number[]) {
    this.#server = server;
    this.#ports = ports;
    server.on('connection', (client) => {
      this.#adopt(client);
      if (this.#isClosedToNew) client.destroy();
      else this.#relay(client, 0);
    });
  }

  static async start(ports: readonly number[]): Promise<TcpBalancer> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new TcpBalancer(server, ports);
  }

  /** `http://…` */
  get origin(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${String(port)}`;
  }

  /** Takes no new connections, until `open`; those that there are go on. */
  shut(): void {
    this.#isClosedToNew = true;
  }

  open(): void {
    this.#isClosedToNew = false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #relay(client: Socket, index: number): void {
    const port = this.#ports[index];
    if (port === undefined) {
      client.destroy();
      return;
    }
    const backend = connect(port, '127.0.0.1');
    const tryNext = (): void => {
      this.#relay(client, index + 1);
    };
    backend.once('error', tryNext);
    backend.once('connect', () => {
      backend.off('error', tryNext);
      this.#adopt(backend);
      client.pipe(backend).pipe(client);
      client.once('close', () => backend.destroy());
      backend.once('close', () => client.destroy());
    });
  }

  #adopt(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.#sockets.delete(socket));
  }
}
