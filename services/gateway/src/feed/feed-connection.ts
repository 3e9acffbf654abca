import { OutcryError } from '@outcry/broker';
import { CLOSE_CODES, type CloseCode, type Encoding, isSymbol, RequestError, type ServerFrame } from '@outcry/protocol';
import type { Logger } from '@outcry/service';

import type { Identity } from '../identity/identity.ts';
import { checkChoice, type ClassChoice } from '../books/book-choices.ts';
import type { BookDirectory } from '../books/book-directory.ts';
import type { SnapshotStream } from '../books/snapshot-stream.ts';
import { Backlog, type BacklogLimits } from '../connections/backlog.ts';
import { type ConnectionDetails, NOTHING_READ } from '../connections/connection-details.ts';
import type { ConflatableStreams } from '../connections/conflatable-streams.ts';
import type { Connection } from '../connections/connection.ts';
import type { Connections } from '../connections/connections.ts';
import type { Deadline } from '../connections/deadline.ts';
import { sendFrame, type SendingParts } from '../connections/send-frame.ts';
import { UserSeat } from '../connections/user-seat.ts';
import type { ConnectionLimits } from '../limits/connection-limits.ts';
import type { GatewayMetrics } from '../observability/metrics.ts';
import type { ClientSocket } from '../transport/client-socket.ts';
import { Endpoint, type SessionPort } from '../transport/transport.ts';

const DEFAULT_DEPTH = '25';
const DEFAULT_INTERVAL = '2000';

export interface FeedServices extends SendingParts {
  readonly books: BookDirectory;
  readonly connections: Connections;
  readonly connectionLimits: ConnectionLimits;
  readonly backlogLimits: BacklogLimits;
  /** Of one frame of a client. */
  readonly limits: { readonly maxFrameBytes: number };
  readonly metrics: GatewayMetrics;
  readonly logger: Logger;
}

export interface FeedConnectionOptions {
  /** In the cluster. */
  readonly name: string;
  /** Where it comes from. */
  readonly address: string;
  readonly socket: ClientSocket;
  readonly encoding: Encoding;
  readonly identity: Identity;
  readonly deadline: Deadline | undefined;
}

/** A connection to `/orderbookfeed`: connect and watch. It has no session; what the client sends is counted, and not looked at. */
export class FeedConnection implements SessionPort, Connection, ConflatableStreams {
  readonly encoding: Encoding;
  readonly socket: ClientSocket;
  readonly identity: Identity;
  readonly deadline: Deadline | undefined;
  readonly #about: Pick<FeedConnectionOptions, 'name' | 'address'>;
  readonly #openedAt = Date.now();
  readonly #services: FeedServices;
  readonly #seat: UserSeat;
  lastHeardAt = performance.now();
  lastPingAt = performance.now();
  readonly backlog: Backlog;
  isBehind = false;
  #isClosed = false;
  #symbol: string | undefined;
  #stream: SnapshotStream | undefined;

  constructor(options: FeedConnectionOptions, services: FeedServices) {
    this.#about = { name: options.name, address: options.address };
    this.socket = options.socket;
    this.encoding = options.encoding;
    this.identity = options.identity;
    this.deadline = options.deadline;
    this.#services = services;
    this.#seat = new UserSeat(this, services);
    this.backlog = new Backlog(this.socket, services.backlogLimits);
  }

  /** Begins the stream that the query asks for, or closes with `unknownSymbol`. */
  async start(query: URLSearchParams): Promise<void> {
    this.#services.metrics.connections.labels(this.encoding).inc();
    this.#seat.take(this.identity.user);
    try {
      const { symbol, choice } = readQuery(query);
      const book = await this.#services.books.open(symbol);
      if (this.#isClosed) {
        this.#services.books.release(symbol);
        return;
      }
      this.#symbol = symbol;
      this.#stream = book.streamOf(choice);
      const stream = this.#stream;
      this.backlog.allow(() => {
        stream.add(this);
      });
    } catch (err) {
      this.#refuse(err);
    }
  }

  received(bytes: Uint8Array): void {
    this.lastHeardAt = performance.now();
    const { metrics, limits } = this.#services;
    metrics.countIn(this.encoding, bytes.length);
    if (bytes.length > limits.maxFrameBytes) this.close(CLOSE_CODES.tooBig);
  }

  alive(): void {
    this.lastHeardAt = performance.now();
  }

  drained(): void {
    this.#services.connections.hasRead(this);
  }

  overflowed(): void {
    this.#services.metrics.overflows.inc();
    this.close(CLOSE_CODES.slowConsumer);
  }

  get details(): ConnectionDetails {
    const { encoding } = this;
    const own = { ...this.#about, encoding, endpoint: Endpoint.OrderBookFeed, openedAt: this.#openedAt };
    if (this.#symbol === undefined) return { ...own, ...NOTHING_READ };
    return { ...own, rooms: NOTHING_READ.rooms, books: { names: [this.#symbol], count: 1 } };
  }

  get streams(): ConflatableStreams {
    return this;
  }

  get isHoldingBack(): boolean {
    return this.isBehind;
  }

  holdBack(): void {
    this.#stream?.holdBack(this);
    this.isBehind = this.#stream !== undefined;
  }

  catchUpOne(): void {
    this.isBehind = false;
    this.#stream?.resume(this);
  }

  closed(code: number): void {
    this.#isClosed = true;
    this.#seat.leave();
    this.#services.connections.end(this, code);
    this.#stream?.remove(this, 'lost');
    if (this.#symbol !== undefined) this.#services.books.release(this.#symbol);
    this.#services.metrics.connections.labels(this.encoding).dec();
    this.#services.metrics.countClose(code);
  }

  close(closeCode: CloseCode): void {
    this.socket.close(closeCode);
  }

  sendFrame(frame: ServerFrame): void {
    sendFrame(this, frame, this.#services);
  }

  #refuse(err: unknown): void {
    if (this.#isClosed) return;
    if (err instanceof RequestError) {
      this.close(CLOSE_CODES.unknownSymbol);
    } else if (err instanceof OutcryError && err.code === 'unavailable') {
      this.close(CLOSE_CODES.brokerUnavailable);
    } else {
      this.#services.logger.error({ err }, 'feed connection failed');
      this.close(CLOSE_CODES.internalError);
    }
  }
}

function readQuery(query: URLSearchParams): { symbol: string; choice: ClassChoice } {
  const symbol = query.get('symbol') ?? '';
  const depth = query.get('depth') ?? DEFAULT_DEPTH;
  const interval = query.get('interval') ?? DEFAULT_INTERVAL;
  if (!isSymbol(symbol) || !/^\d{1,4}$/.test(depth) || !/^\d{1,5}$/.test(interval)) {
    throw new RequestError('unknownSymbol', 'expected symbol, depth and interval');
  }
  const choice = { depth: Number(depth), interval: Number(interval) };
  checkChoice(choice);
  return { symbol, choice };
}
