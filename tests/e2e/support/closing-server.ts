import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';

import { encodeFrame, Opcode } from '@outcry/testkit';

/** RFC 6455 §1.3. */
const KEY_SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** What stands between clients and gateways now and then: it takes a WebSocket, and closes it with a code of its own. */
export class ClosingServer implements AsyncDisposable {
  readonly url: string;
  readonly #server: Server;
  /** `http.Server` forgets those that were upgraded, and waits for them all the same. */
  readonly #sockets: ReadonlySet<Duplex>;

  private constructor(server: Server, sockets: ReadonlySet<Duplex>) {
    this.#server = server;
    this.#sockets = sockets;
    this.url = `ws://127.0.0.1:${String((server.address() as AddressInfo).port)}/ws`;
  }

  static async start(code: number, reason: string): Promise<ClosingServer> {
    const server = createServer((_, response) => response.writeHead(426).end());
    const sockets = new Set<Duplex>();
    server.on('upgrade', (request, socket) => {
      sockets.add(socket);
      const accept = createHash('sha1').update(`${String(request.headers['sec-websocket-key'])}${KEY_SUFFIX}`);
      const [protocol = ''] = String(request.headers['sec-websocket-protocol']).split(',');
      socket.on('error', () => undefined);
      socket.write(
        [
          'HTTP/1.1 101 Switching Protocols',
          'Upgrade: websocket',
          'Connection: Upgrade',
          `Sec-WebSocket-Accept: ${accept.digest('base64')}`,
          `Sec-WebSocket-Protocol: ${protocol.trim()}`,
          '\r\n',
        ].join('\r\n'),
      );
      const payload = Buffer.concat([Buffer.of(code >> 8, code & 0xff), Buffer.from(reason)]);
      socket.end(encodeFrame({ opcode: Opcode.Close, payload, isMasked: false }));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new ClosingServer(server, sockets);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}
