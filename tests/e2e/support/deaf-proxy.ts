import { createServer, request, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** Stands before an HTTP server, and passes requests on; WebSockets not until it is told to. */
export class DeafProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Duplex>();
  #isListening = false;

  private constructor({ hostname, port }: URL) {
    this.#server = createServer((incoming, response) => {
      const { method, url, headers } = incoming;
      const onward = request({ hostname, port, method, path: url, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      onward.on('error', () => response.destroy());
      incoming.pipe(onward);
    });
    this.#server.on('upgrade', ({ url, rawHeaders }, socket: Socket) => {
      if (!this.#isListening) {
        socket.end('HTTP/1.1 502 Bad Gateway\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
        return;
      }
      const onward = connect(Number(port), hostname);
      const lines = Array.from({ length: rawHeaders.length / 2 }, (_, i) =>
        rawHeaders.slice(2 * i, 2 * i + 2).join(': '),
      );
      onward.write(`${[`GET ${url ?? '/'} HTTP/1.1`, ...lines].join('\r\n')}\r\n\r\n`);
      onward.pipe(socket).pipe(onward);
      for (const each of [onward, socket]) {
        this.#sockets.add(each);
        each.on('error', () => undefined);
      }
    });
  }

  static async start(target: string): Promise<DeafProxy> {
    const proxy = new DeafProxy(new URL(target));
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get origin(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  /** From now on, WebSockets pass. */
  listen(): void {
    this.#isListening = true;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }
}
