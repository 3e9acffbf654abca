import {
  type Book,
  type BookOptions,
  type Client,
  type ClientStatus,
  connect,
  type ConnectOptions,
} from '@outcry/client';

import { type ClientSource, Shared } from './shared.ts';
import { SharedBook } from './shared-book.ts';
import { SharedRoom } from './shared-room.ts';

/** What the hooks know of the connection. */
export interface SessionState {
  /** Undefined before the first component is mounted, and on a server. */
  readonly client: Client | undefined;
  readonly status: ClientStatus;
}

/** Where a session's client comes from: a client that somebody else closes, or how one is made. */
export type SessionSource = { readonly client: Client } | { readonly url: string | URL };

export const NOT_CONNECTED: SessionState = { client: undefined, status: { state: 'connecting' } };

/** One client for all components below a provider. It is connected while one of them is mounted: making one opens nothing. */
export class Session extends Shared<SessionState> implements ClientSource {
  readonly #source: SessionSource;
  readonly #rooms = new Map<string, SharedRoom>();
  readonly #books = new Map<string, SharedBook>();
  #client: Client | undefined;
  #statuses: AsyncIterator<ClientStatus> | undefined;
  /** Those of the latest render: a token is always asked of the function that is given now. */
  options: ConnectOptions;

  constructor(source: SessionSource, options: ConnectOptions = {}) {
    super(NOT_CONNECTED);
    this.#source = source;
    this.options = options;
  }

  get client(): Client | undefined {
    return this.#client;
  }

  /** The room as it is used now; undefined where nobody uses it. */
  room(name: string): SharedRoom | undefined {
    return this.#rooms.get(name);
  }

  /** The room for somebody who is about to use it. */
  roomFor(name: string): SharedRoom {
    return taken(this.#rooms, name, (onEnd) => new SharedRoom({ name, session: this, onEnd }));
  }

  book(symbol: string, options: BookOptions): SharedBook | undefined {
    return this.#books.get(keyOf(symbol, options));
  }

  bookFor(symbol: string, options: BookOptions): SharedBook {
    const open = (client: Client, onChange: () => void): Book => client.book(symbol, { ...options, onChange });
    return taken(this.#books, keyOf(symbol, options), (onEnd) => new SharedBook({ session: this, open, onEnd }));
  }

  protected override begin(): void {
    const client = 'client' in this.#source ? this.#source.client : this.#connect(this.#source.url);
    this.#client = client;
    const statuses = client.statuses();
    this.#statuses = statuses;
    void this.#follow(statuses);
    this.change();
  }

  protected override end(): void {
    void this.#statuses?.return?.();
    if (!('client' in this.#source)) this.#client?.close();
    this.#client = undefined;
    this.change();
  }

  protected override draw(): SessionState {
    const client = this.#client;
    return client === undefined ? NOT_CONNECTED : { client, status: client.status };
  }

  #connect(url: string | URL): Client {
    const { token, onStatus, ...others } = this.options;
    return connect(url, {
      ...others,
      // A function stays one, so that the client asks again before a token expires.
      token: typeof token === 'function' ? (context) => this.#token(context) : token,
      ...(onStatus === undefined ? {} : { onStatus: (status) => this.options.onStatus?.(status) }),
    });
  }

  #token(context: { readonly signal: AbortSignal }): string | null | undefined | Promise<string | null | undefined> {
    const { token } = this.options;
    return typeof token === 'function' ? token(context) : token;
  }

  async #follow(statuses: AsyncIterableIterator<ClientStatus>): Promise<void> {
    for await (const _ of statuses) this.change();
    this.change();
  }
}

function taken<T>(all: Map<string, T>, key: string, build: (onEnd: () => void) => T): T {
  const known = all.get(key);
  if (known !== undefined) return known;
  const built = build(() => {
    all.delete(key);
  });
  all.set(key, built);
  return built;
}

/** One book of a client: by symbol, depth and interval, and by how it is checked. */
function keyOf(symbol: string, { depth, interval, checksum }: BookOptions): string {
  return JSON.stringify([symbol, depth, interval, checksum ?? false]);
}
