import { setTimeout as delay } from 'node:timers/promises';

import type { RawClient } from '@outcry/testkit';

const PAUSE_MS = 50;

export interface PastPage {
  readonly room: string;
  /** The number of the message that comes after it. */
  readonly before: number;
  readonly limit: number;
}

/** What clients do for as long as it lasts, one request after the other. */
export class Load implements AsyncDisposable {
  readonly #clients: RawClient[] = [];
  readonly #done: Promise<void>[] = [];
  readonly #over = new AbortController();

  /** Publishes to a room, again and again, and is a member of it. */
  async publish(client: RawClient, room: string): Promise<void> {
    this.#clients.push(client);
    await client.expectAnswer('joined', { type: 'join', room, presence: true });
    this.repeat(() => client.request({ type: 'publish', room, data: 'on it goes' }));
  }

  /** Watches a book. */
  async watch(client: RawClient, symbol: string): Promise<void> {
    this.#clients.push(client);
    await client.expectAnswer('ack', { type: 'subscribe', symbol, depth: 10, interval: 100 });
  }

  /** Joins a room and leaves it again: each time a hook is asked. */
  comeAndGo(client: RawClient, room: string): void {
    this.#clients.push(client);
    this.repeat(async () => {
      const answer = await client.request({ type: 'join', room });
      if (answer.type === 'joined') await client.request({ type: 'leave', room });
    });
  }

  /** Reads what a room said long ago, again and again, as a member of it. */
  async readBack(client: RawClient, { room, before, limit }: PastPage): Promise<void> {
    this.#clients.push(client);
    await client.expectAnswer('joined', { type: 'join', room });
    this.repeat(() => client.request({ type: 'history', room, before, limit }));
  }

  /** Does something until it fails, or all is over. A refusal is an answer, and no failure. */
  repeat(act: () => Promise<unknown>, pauseMs: number = PAUSE_MS): void {
    this.#done.push(this.#repeat(act, pauseMs));
  }

  async #repeat(act: () => Promise<unknown>, pauseMs: number): Promise<void> {
    try {
      while (!this.#over.signal.aborted) {
        await act();
        // As people do, and not as fast as the machine can.
        await delay(pauseMs, undefined, { signal: this.#over.signal });
      }
    } catch {
      // A client that has been closed has no answers any more.
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort();
    for (const client of this.#clients) client.socket.destroy();
    await Promise.all(this.#done);
  }
}
