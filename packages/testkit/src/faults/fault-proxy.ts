import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

import { leasePort, type PortLease } from '../port-lease.ts';
import { Lane, type LaneFaults } from './proxy-lane.ts';

export interface FaultProxyOptions {
  readonly host: string;
  readonly port: number;
  /** Makes, for one connection, what puts other words in place of what the far side says: a fault breaks those. */
  readonly createWording?: () => (piece: Buffer) => Buffer;
}

/** What a proxy does to connections. */
export interface ProxyFaults {
  /** What the client says. */
  readonly toServer?: LaneFaults;
  /** What the far side says. */
  readonly toClient?: LaneFaults;
  /** Only to connections whose client has said this text among its first words: a name that it gives itself, say. */
  readonly saying?: string;
}

/** Enough for a handshake and a name. */
const MAX_FIRST_WORDS = 1024;
const PASSING: LaneFaults = {};
const HELD: LaneFaults = { isHeld: true };

/** A TCP relay on a loopback port of its own, also while it is cut, that stands between two parts and breaks on command. */
export class FaultProxy implements AsyncDisposable {
  readonly port: number;
  readonly #target: FaultProxyOptions;
  readonly #lease: PortLease;
  readonly #links = new Set<Link>();
  #server: Server | undefined;
  #faults: ProxyFaults = {};

  private constructor(target: FaultProxyOptions, lease: PortLease) {
    this.#target = target;
    this.#lease = lease;
    this.port = lease.port;
  }

  static async start(target: FaultProxyOptions): Promise<FaultProxy> {
    const proxy = new FaultProxy(target, await leasePort());
    await proxy.restore();
    return proxy;
  }

  /** How many connections pass through now. */
  get connections(): number {
    return this.#links.size;
  }

  /** Breaks what passes, on the connections there are and on those that come, until `heal` or other faults. */
  inflict(faults: ProxyFaults): void {
    this.#faults = faults;
    for (const link of this.#links) link.suffer(faults);
  }

  /** What was held back passes, then everything else. */
  heal(): void {
    this.inflict({});
  }

  /** Nothing passes any more, in either direction, and nobody is told: as if the far side were stopped (SIGSTOP). */
  freeze(): void {
    this.inflict({ toServer: HELD, toClient: HELD });
  }

  thaw(): void {
    this.heal();
  }

  /** Resets every connection and refuses new ones, as if the far side had crashed. */
  async cut(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = once(server, 'close');
    server.close();
    this.dropConnections();
    await closed;
  }

  /** Resets every connection; new ones are taken at once. */
  dropConnections(): void {
    for (const link of this.#links) link.reset();
  }

  /** Ends every connection as a proxy does that has had enough of it: both sides are told (FIN). New ones are taken at once. */
  endConnections(): void {
    for (const link of this.#links) link.end();
  }

  /** Takes connections again after a cut, on the same port. */
  async restore(): Promise<void> {
    if (this.#server === undefined) this.#adopt(await listen(this.port));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cut();
    this.#lease[Symbol.dispose]();
  }

  #adopt(server: Server): void {
    this.#server = server;
    server.on('connection', (outer) => {
      if (server.listening) this.#relay(outer);
      else outer.destroy();
    });
  }

  #relay(outer: Socket): void {
    const { host, port, createWording } = this.#target;
    const inner = connect({ host, port, allowHalfOpen: true });
    const link = new Link({ outer, inner, wording: createWording?.() }, () => this.#links.delete(link));
    this.#links.add(link);
    link.suffer(this.#faults);
  }
}

interface LinkEnds {
  readonly outer: Socket;
  readonly inner: Socket;
  readonly wording: ((piece: Buffer) => Buffer) | undefined;
}

/** One connection through the proxy. */
class Link {
  readonly #outer: Socket;
  readonly #inner: Socket;
  readonly #toServer: Lane;
  readonly #toClient: Lane;
  #faults: ProxyFaults = {};
  #firstWords = '';

  constructor({ outer, inner, wording }: LinkEnds, onEnd: () => void) {
    this.#outer = outer;
    this.#inner = inner;
    this.#toServer = new Lane(outer, inner, (piece) => {
      this.#listen(piece);
      return piece;
    });
    this.#toClient = new Lane(inner, outer, wording);
    const end = (): void => {
      onEnd();
      this.#toServer.close();
      this.#toClient.close();
      inner.destroy();
      outer.destroy();
    };
    for (const socket of [inner, outer]) {
      socket.setNoDelay(true);
      // An 'error' is always followed by 'close', which is what counts here.
      socket.on('error', () => undefined);
      socket.on('close', end);
    }
  }

  suffer(faults: ProxyFaults): void {
    this.#faults = faults;
    const { saying = '', toServer = PASSING, toClient = PASSING } = faults;
    const isMeant = this.#firstWords.includes(saying);
    this.#toServer.faults = isMeant ? toServer : PASSING;
    this.#toClient.faults = isMeant ? toClient : PASSING;
  }

  end(): void {
    this.#inner.end();
    this.#outer.end();
  }

  reset(): void {
    this.#inner.resetAndDestroy();
    this.#outer.resetAndDestroy();
  }

  #listen(piece: Buffer): void {
    if (this.#firstWords.length >= MAX_FIRST_WORDS) return;
    this.#firstWords += piece.toString('latin1', 0, MAX_FIRST_WORDS - this.#firstWords.length);
    this.suffer(this.#faults);
  }
}

async function listen(port: number): Promise<Server> {
  const server = createServer({ allowHalfOpen: true });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
