import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

import type { PortLease } from '../port-lease.ts';

const HOST = '127.0.0.1';

/** A server of somebody else's, as a test plays it over HTTP: it keeps its port while it is away. */
export abstract class HttpStandIn implements AsyncDisposable {
  readonly #lease: PortLease;
  #server: Server | undefined;
  #connections = 0;

  /** @param lease ends with it */
  protected constructor(lease: PortLease) {
    this.#lease = lease;
  }

  get origin(): string {
    return `http://${HOST}:${String(this.#lease.port)}`;
  }

  /** Connections that were made to it. */
  get connections(): number {
    return this.#connections;
  }

  /** Closes every connection, in the middle of whatever it is used for. */
  cut(): void {
    this.#server?.closeAllConnections();
  }

  async goAway(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    server?.closeAllConnections();
    await server?.[Symbol.asyncDispose]();
  }

  /** Resolves when it listens. It is away before the first time. */
  async comeBack(): Promise<void> {
    this.#server = createServer((request, response) => void this.serve(request, response));
    this.#server.on('connection', () => {
      this.#connections += 1;
    });
    await once(this.#server.listen(this.#lease.port, HOST), 'listening');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.goAway();
    this.#lease[Symbol.dispose]();
  }

  /** Answers a request, now or later. */
  protected abstract serve(request: IncomingMessage, response: ServerResponse): Promise<void>;
}
