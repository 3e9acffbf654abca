import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { type WebSocket, WebSocketServer } from 'ws';

import { VenueBook, type VenueSnapshot, type VenueUpdate } from './binance-server-book.ts';
import { Inbox } from '../inbox.ts';

export interface VenueInstrument {
  readonly symbol: string;
  readonly tickSize: string;
  readonly stepSize: string;
  /** The book before the first update that is published. */
  readonly snapshot: VenueSnapshot;
}

export interface BinanceServerOptions {
  readonly market: 'spot' | 'usdm';
  readonly instruments: readonly VenueInstrument[];
}

/** How the next depth snapshots are refused. */
export interface Refusal {
  readonly times: number;
  readonly status: number;
  readonly retryAfterSeconds?: number;
}

export interface VenueRequest {
  readonly path: string;
  readonly status: number;
  /** From the monotonic clock. */
  readonly atMs: number;
}

interface ListedInstrument {
  readonly instrument: VenueInstrument;
  readonly book: VenueBook;
  status: string;
}

interface StreamClient {
  readonly socket: WebSocket;
  readonly streams: readonly string[];
  isMuted: boolean;
}

const REST_PREFIX = { spot: '/api/v3', usdm: '/fapi/v1' } as const;

/**
 * Plays Binance for tests: exchange information and depth snapshots over REST, combined depth streams over WebSocket, and
 * whatever can go wrong with them. What is published reaches the venue's own book in any case, so that the snapshots are
 * always right.
 */
export class BinanceServer implements AsyncDisposable {
  /** Every answered request, in order. */
  readonly requests = new Inbox<VenueRequest>(({ path, status }) => `${String(status)} ${path}`);
  /** The address of every stream connection, in order. */
  readonly connections = new Inbox<string>((url) => url);
  readonly #options: BinanceServerOptions;
  readonly #listed = new Map<string, ListedInstrument>();
  readonly #http: Server;
  readonly #sockets = new WebSocketServer({ noServer: true });
  readonly #clients = new Set<StreamClient>();
  #updatesToDrop = 0;
  #connectionsToRefuse = 0;
  #refusal: Refusal | undefined;
  #stale: { readonly snapshot: VenueSnapshot; timesLeft: number } | undefined;
  #held: Promise<void> = Promise.resolve();

  private constructor(options: BinanceServerOptions) {
    this.#options = options;
    for (const instrument of options.instruments) this.list(instrument);
    this.#http = createServer((request, response) => {
      void this.#respond(request, response);
    });
    this.#http.on('upgrade', (request, socket, head) => {
      if (this.#connectionsToRefuse > 0) {
        this.#connectionsToRefuse--;
        socket.destroy();
        return;
      }
      this.#sockets.handleUpgrade(request, socket, head, (client) => {
        this.#accept(client, request.url ?? '');
      });
    });
  }

  static async start(options: BinanceServerOptions): Promise<BinanceServer> {
    const server = new BinanceServer(options);
    server.#http.listen(0, '127.0.0.1');
    await once(server.#http, 'listening');
    return server;
  }

  get restUrl(): string {
    return `http://127.0.0.1:${String(this.#port)}`;
  }

  get streamUrl(): string {
    return `ws://127.0.0.1:${String(this.#port)}`;
  }

  /** Stream connections that are open now. */
  get clientCount(): number {
    return this.#clients.size;
  }

  /** From here on the symbol is traded. */
  list(instrument: VenueInstrument): void {
    const book = new VenueBook(instrument.snapshot);
    this.#listed.set(instrument.symbol, { instrument, book, status: 'TRADING' });
  }

  /** The symbol is gone: the venue does not know it any more, and its streams are silent. */
  delist(symbol: string): void {
    this.#listed.delete(symbol);
  }

  /** Such as `BREAK`: the venue goes on telling about the symbol and its book. */
  setStatus(symbol: string, status: string): void {
    this.#listingOf(symbol).status = status;
  }

  /** The venue's book changes, and everybody who watches it is told. */
  publish(update: VenueUpdate): void {
    this.#listingOf(update.s).book.apply(update);
    if (this.#updatesToDrop > 0) {
      this.#updatesToDrop--;
      return;
    }
    for (const client of this.#clients) {
      const stream = client.streams.find((name) => name.startsWith(`${update.s.toLowerCase()}@depth`));
      if (stream !== undefined) send(client, JSON.stringify({ stream, data: update }));
    }
  }

  /** Sends a text to every connection, whatever it is. */
  broadcast(text: string): void {
    for (const client of this.#clients) send(client, text);
  }

  /** What the venue sends some minutes before a server goes away. */
  announceShutdown(): void {
    this.broadcast(JSON.stringify({ e: 'serverShutdown', E: Date.now() }));
  }

  /** The next updates reach the book, and nobody. */
  dropUpdates(count: number): void {
    this.#updatesToDrop = count;
  }

  /** Breaks every stream connection, without a close frame. */
  cut(): void {
    for (const { socket } of this.#clients) socket.terminate();
  }

  /** From here on the open connections bring nothing and answer nothing, and stay open. */
  mute(): void {
    for (const client of this.#clients) client.isMuted = true;
  }

  refuseConnections(count: number): void {
    this.#connectionsToRefuse = count;
  }

  refuseSnapshots(refusal: Refusal): void {
    this.#refusal = refusal;
  }

  /** The next snapshots of the symbol show the book as it is now, however much later they are asked for. */
  freezeSnapshots(symbol: string, times: number): void {
    this.#stale = { snapshot: this.#listingOf(symbol).book.snapshot(Infinity), timesLeft: times };
  }

  /** Snapshots are answered, with the book as it was when they were asked for, when the returned function is called. */
  holdSnapshots(): () => void {
    let release = (): void => undefined;
    this.#held = new Promise((resolve) => {
      release = resolve;
    });
    return release;
  }

  async stop(): Promise<void> {
    this.cut();
    this.#http.closeAllConnections();
    this.#http.close();
    await once(this.#http, 'close');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  get #port(): number {
    return (this.#http.address() as AddressInfo).port;
  }

  #listingOf(symbol: string): ListedInstrument {
    const listed = this.#listed.get(symbol);
    if (listed === undefined) throw new Error(`${symbol} is not traded here`);
    return listed;
  }

  #accept(socket: WebSocket, url: string): void {
    const streams = new URL(url, 'ws://venue').searchParams.get('streams')?.split('/') ?? [];
    const client = { socket, streams, isMuted: false };
    this.#clients.add(client);
    socket.on('message', (data: Buffer) => {
      const { id } = JSON.parse(data.toString()) as { readonly id: unknown };
      send(client, JSON.stringify({ result: streams, id }));
    });
    socket.on('close', () => this.#clients.delete(client));
    socket.on('error', () => undefined);
    this.connections.push(url);
  }

  async #respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://venue');
    const prefix = REST_PREFIX[this.#options.market];
    const answer =
      url.pathname === `${prefix}/exchangeInfo`
        ? this.#exchangeInfo(url)
        : url.pathname === `${prefix}/depth`
          ? await this.#depth(url)
          : { status: 404, body: {} };
    const headers = { 'content-type': 'application/json', ...('headers' in answer ? answer.headers : {}) };
    response.writeHead(answer.status, headers).end(JSON.stringify(answer.body));
    this.requests.push({ path: request.url ?? '/', status: answer.status, atMs: performance.now() });
  }

  #exchangeInfo(url: URL): Answer {
    const wanted = url.searchParams.get('symbols');
    const symbols = wanted === null ? undefined : (JSON.parse(wanted) as readonly string[]);
    // As the venue: a question with one symbol that it does not know is refused as a whole, and it does not say which.
    if (symbols?.some((symbol) => !LEGAL_SYMBOL.test(symbol)) === true) return ILLEGAL_CHARACTERS;
    if (symbols?.some((symbol) => !this.#listed.has(symbol)) === true) return INVALID_SYMBOL;
    const wantedOnes = symbols ?? [...this.#listed.keys()];
    const described = wantedOnes
      .map((wantedOne) => this.#listingOf(wantedOne))
      .map(({ instrument, status }) => ({
        symbol: instrument.symbol,
        status,
        filters: [
          { filterType: 'PRICE_FILTER', minPrice: instrument.tickSize, tickSize: instrument.tickSize },
          { filterType: 'LOT_SIZE', minQty: instrument.stepSize, stepSize: instrument.stepSize },
          { filterType: 'MAX_NUM_ORDERS', maxNumOrders: 200 },
        ],
      }));
    return { status: 200, body: { timezone: 'UTC', symbols: described } };
  }

  async #depth(url: URL): Promise<Answer> {
    const refusal = this.#refusal;
    if (refusal !== undefined && refusal.times > 0) {
      this.#refusal = { ...refusal, times: refusal.times - 1 };
      const { status, retryAfterSeconds } = refusal;
      const headers = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
      return { status, headers, body: { code: -1003, msg: 'Too much request weight used.' } };
    }
    const listed = this.#listed.get(url.searchParams.get('symbol') ?? '');
    if (listed === undefined) return INVALID_SYMBOL;
    const limit = Number(url.searchParams.get('limit') ?? '100');
    const body = this.#takeStale() ?? listed.book.snapshot(limit);
    await this.#held;
    return { status: 200, headers: { 'x-mbx-used-weight-1m': '50' }, body };
  }

  #takeStale(): VenueSnapshot | undefined {
    if (this.#stale === undefined || this.#stale.timesLeft === 0) return undefined;
    this.#stale.timesLeft--;
    return this.#stale.snapshot;
  }
}

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

const LEGAL_SYMBOL = /^[A-Z0-9-_.]{1,20}$/;
const ILLEGAL_CHARACTERS: Answer = {
  status: 400,
  body: { code: -1100, msg: "Illegal characters found in parameter 'symbols'." },
};
const INVALID_SYMBOL: Answer = { status: 400, body: { code: -1121, msg: 'Invalid symbol.' } };

function send(client: StreamClient, text: string): void {
  if (!client.isMuted) client.socket.send(text);
}
