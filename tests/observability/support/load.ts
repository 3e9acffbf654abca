import { setTimeout as delay } from 'node:timers/promises';

import type { RawClient } from '@outcry/testkit';

const PAUSE_MS = 50;

/** What clients do for as long as it lasts, one request after the other. */
export class Load implements AsyncDisposable {
  readonly #clients: RawClient[] = [];
  readonly #done: Promise<void>[] = [];
  #isOver = false;

  /** Publishes to a room, again and again, and is a member of it. */
  async publish(client: RawClient, room: string): Promise<void> {
    this.#clients.push(client);
    await client.expectAnswer('joined', { type: 'join', room, presence: true });
    this.#done.push(this.#repeat(client, () => client.request({ type: 'publish', room, data: 'on it goes' })));
  }

  /** Watches a book. */
  async watch(client: RawClient, symbol: string): Promise<void> {
    this.#clients.push(client);
    await client.expectAnswer('ack', { type: 'subscribe', symbol, depth: 10, interval: 100 });
  }

  /** Joins a room and leaves it again: each time a hook is asked. */
  comeAndGo(client: RawClient, room: string): void {
    this.#clients.push(client);
    this.#done.push(
      this.#repeat(client, async () => {
        const answer = await client.request({ type: 'join', room });
        if (answer.type === 'joined') await client.request({ type: 'leave', room });
      }),
    );
  }

  async #repeat(client: RawClient, act: () => Promise<unknown>): Promise<void> {
    try {
      // A refusal is an answer, too.
      while (!this.#isOver) {
        await act();
        // As people do, and not as fast as the machine can.
        await delay(PAUSE_MS);
      }
    } catch {
      // It has been closed, and has no answers any more.
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    for (const client of this.#clients) client.socket.destroy();
    await Promise.all(this.#done);
  }
}
