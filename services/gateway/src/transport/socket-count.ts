import { networkOf } from '../limits/ip-address.ts';

/** What sockets of the public port there may be. 0 is no limit. */
export interface SocketLimits {
  /** All of them. */
  readonly max: number;
  /** Those that are no WebSocket yet. */
  readonly maxHandshakes: number;
  /** Of one address, those that are no WebSocket yet. */
  readonly maxHandshakesPerAddress: number;
}

/** Which limit a socket would be past. */
export type SocketLimit = 'sockets' | 'handshakes' | 'address';

/** What becomes of a socket that is counted; `ended` may come behind any of the others. */
export interface CountedSocket {
  /** It has become a WebSocket: its seats and the connections' own limits are about it from here on. */
  opened(): void;
  /** The WebSocket is closed, and the socket may be there for a while. */
  closing(): void;
  /** It is gone. */
  ended(): void;
}

type State = 'handshake' | 'open' | 'closing' | 'ended';

export interface SocketCountOptions {
  readonly limits: SocketLimits;
  /** Whether many clients come from there, so that a limit of one address would mean nothing. */
  readonly isProxy: (address: string) => boolean;
  readonly onRefused: (limit: SocketLimit) => void;
}

/**
 * Every socket of the public port, from its first packet to its end: each takes a descriptor, whatever it is for. One that is no
 * WebSocket has proved nothing, so there may be few of them.
 */
export class SocketCount {
  readonly #options: SocketCountOptions;
  /** Those that are no WebSocket yet, by address. */
  readonly #looseOf = new Map<string, number>();
  readonly #sockets = { handshake: 0, open: 0, closing: 0, ended: 0 };

  constructor(options: SocketCountOptions) {
    this.#options = options;
  }

  get open(): number {
    return this.#sockets.open;
  }

  get handshakes(): number {
    return this.#sockets.handshake;
  }

  /** WebSockets that are closed, and whose sockets may be there still. */
  get closing(): number {
    return this.#sockets.closing;
  }

  /** Counts a socket that has come; undefined where there is no room for it, and it has to go. */
  admit(address: string): CountedSocket | undefined {
    const network = this.#networkOf(address);
    const exceeded = this.#exceededBy(network);
    if (exceeded !== undefined) {
      this.#options.onRefused(exceeded);
      return undefined;
    }
    this.#sockets.handshake += 1;
    this.#enter(network);
    return this.find(address);
  }

  /** A socket of this address that has been admitted and is no WebSocket yet: to who counts them one is as good as another. */
  find(address: string): CountedSocket {
    return new Counted(this, this.#networkOf(address));
  }

  /** One of the WebSockets that are open. Here, too, one is as good as another: none keeps an object of this kind while it is open. */
  findOpen(): CountedSocket {
    return new Counted(this, undefined, 'open');
  }

  /** A socket goes from one state to another. */
  move(from: State, to: State, network: string | undefined): void {
    this.#sockets[from] -= 1;
    this.#sockets[to] += 1;
    if (from === 'handshake') this.#leave(network);
  }

  /** Undefined where it says nothing about who it is. */
  #networkOf(address: string): string | undefined {
    return this.#options.isProxy(address) ? undefined : networkOf(address);
  }

  #exceededBy(network: string | undefined): SocketLimit | undefined {
    const { max, maxHandshakes, maxHandshakesPerAddress } = this.#options.limits;
    const { handshake, open, closing } = this.#sockets;
    if (max > 0 && handshake + open + closing >= max) return 'sockets';
    if (maxHandshakes > 0 && handshake >= maxHandshakes) return 'handshakes';
    if (network === undefined || maxHandshakesPerAddress === 0) return undefined;
    return (this.#looseOf.get(network) ?? 0) >= maxHandshakesPerAddress ? 'address' : undefined;
  }

  #enter(network: string | undefined): void {
    if (network !== undefined) this.#looseOf.set(network, (this.#looseOf.get(network) ?? 0) + 1);
  }

  #leave(network: string | undefined): void {
    if (network === undefined) return;
    const left = (this.#looseOf.get(network) ?? 0) - 1;
    if (left > 0) this.#looseOf.set(network, left);
    else this.#looseOf.delete(network);
  }
}

class Counted implements CountedSocket {
  readonly #count: SocketCount;
  readonly #network: string | undefined;
  #state: State;

  constructor(count: SocketCount, network: string | undefined, state: State = 'handshake') {
    this.#count = count;
    this.#network = network;
    this.#state = state;
  }

  opened(): void {
    this.#move('open');
  }

  closing(): void {
    this.#move('closing');
  }

  ended(): void {
    this.#move('ended');
  }

  #move(to: State): void {
    if (this.#state === 'ended') return;
    this.#count.move(this.#state, to, this.#network);
    this.#state = to;
  }
}
