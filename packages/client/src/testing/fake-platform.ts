import type { Environment, PlatformChange } from '../connection/environment.ts';
import type { WebSocketFactory } from '../connection/websocket.ts';
import { FakeSocket } from './fake-socket.ts';

/** A client that does more than this in one step of a test does it without end. */
const MAX_RUNS = 20_000;

/** Time, chance and sockets in the test's hand. */
export class FakePlatform implements Environment {
  readonly sockets: FakeSocket[] = [];
  readonly #timers = new Set<{ readonly at: number; readonly run: () => void }>();
  readonly #watchers = new Set<(change: PlatformChange) => void>();
  #now = 0;
  /** Every socket fails. */
  isOffline = false;

  readonly openSocket: WebSocketFactory = (_url, protocols) => {
    const socket = new FakeSocket(protocols);
    this.sockets.push(socket);
    if (this.isOffline) {
      queueMicrotask(() => {
        socket.fail(new Error('refused'));
      });
    }
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

  watch(changed: (change: PlatformChange) => void): () => void {
    this.#watchers.add(changed);
    return () => this.#watchers.delete(changed);
  }

  /** The network changes, or the page is seen again. */
  change(change: PlatformChange): void {
    for (const changed of this.#watchers) changed(change);
  }

  /** Lets time go by, timer by timer, and promises be settled. */
  async pass(ms: number): Promise<void> {
    const until = this.#now + ms;
    for (let runs = 0; ; runs++) {
      if (runs > MAX_RUNS) throw new Error(`expected at most ${String(MAX_RUNS)} timers in ${String(ms)} ms`);
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
