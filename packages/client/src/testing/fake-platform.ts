import type { ClientFrame, ReceivedFrame } from '@outcry/protocol';

import type { Environment } from '../connection/environment.ts';
import type { WebSocketFactory, WebSocketLike } from '../connection/websocket.ts';

type Listener = (event: { readonly data: unknown; readonly code: number }) => void;

/** A socket whose other end is the test. */
export class FakeSocket implements WebSocketLike {
  readonly protocols: readonly string[];
  readonly sent: ClientFrame<unknown>[] = [];
  binaryType = '';
  isClosed = false;
  terminate?: () => void;
  readonly #listeners = new Map<string, Set<Listener>>();

  constructor(protocols: readonly string[]) {
    this.protocols = protocols;
  }

  addEventListener(type: string, listener: Listener): void {
    const listeners = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, listeners.add(listener));
  }

  send(data: string | Uint8Array): void {
    this.sent.push(JSON.parse(String(data)) as ClientFrame<unknown>);
  }

  close(): void {
    this.isClosed = true;
  }

  open(): void {
    this.#tell('open', {});
  }

  welcome(details: Partial<Extract<ReceivedFrame, { type: 'welcome' }>> = {}): void {
    this.receive({
      type: 'welcome',
      connection: 'c',
      node: 'n',
      user: 'ann',
      at: 0,
      heartbeatMs: 25_000,
      resumeWindowMs: 600_000,
      maxFrameBytes: 16_384,
      maxRooms: 128,
      maxSubscriptions: 64,
      ...details,
    });
  }

  receive(frame: ReceivedFrame): void {
    this.#tell('message', { data: JSON.stringify(frame) });
  }

  lose(code: number): void {
    this.isClosed = true;
    this.#tell('close', { code });
  }

  /** The frames of a type that were sent. */
  of<T extends ClientFrame['type']>(type: T): Extract<ClientFrame<unknown>, { type: T }>[] {
    return this.sent.filter((frame): frame is Extract<ClientFrame<unknown>, { type: T }> => frame.type === type);
  }

  #tell(type: string, event: { readonly data?: unknown; readonly code?: number }): void {
    for (const listener of this.#listeners.get(type) ?? []) listener({ data: undefined, code: 0, ...event });
  }
}

/** Time, chance and sockets in the test's hand. */
export class FakePlatform implements Environment {
  readonly sockets: FakeSocket[] = [];
  readonly #timers = new Set<{ readonly at: number; readonly run: () => void }>();
  readonly #watchers = new Set<() => void>();
  #now = 0;

  readonly openSocket: WebSocketFactory = (_url, protocols) => {
    const socket = new FakeSocket(protocols);
    this.sockets.push(socket);
    return socket;
  };

  /** The latest socket. */
  get socket(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (socket === undefined) throw new Error('no socket was opened');
    return socket;
  }

  get timers(): number {
    return this.#timers.size;
  }

  get watchers(): number {
    return this.#watchers.size;
  }

  now(): number {
    return this.#now;
  }

  random(): number {
    return 0.5;
  }

  schedule(run: () => void, delayMs: number): () => void {
    const timer = { at: this.#now + delayMs, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  watch(changed: () => void): () => void {
    this.#watchers.add(changed);
    return () => this.#watchers.delete(changed);
  }

  /** The network changes, or the page is seen again. */
  change(): void {
    for (const changed of this.#watchers) changed();
  }

  /** Lets time go by, timer by timer, and promises be settled. */
  async pass(ms: number): Promise<void> {
    const until = this.#now + ms;
    for (;;) {
      await settle();
      const [next] = [...this.#timers].sort((a, b) => a.at - b.at);
      if (next === undefined || next.at > until) break;
      this.#timers.delete(next);
      this.#now = next.at;
      next.run();
    }
    this.#now = until;
    await settle();
  }
}

/** As many turns as any chain of promises here takes. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}
