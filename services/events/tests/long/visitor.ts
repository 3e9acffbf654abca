import { setTimeout as delay } from 'node:timers/promises';

import { RawClient } from '@outcry/testkit';

const RETRY_MS = 50;
const ANSWER_DEADLINE_MS = 5000;
/** Between two changes of mind. */
const PACE_MS = { min: 20, spread: 60 };

/** A user with one connection, who comes to rooms and leaves them, and comes back to whatever gateway there is. */
export class Visitor {
  readonly user: string;
  /** Where it is, as soon as it is settled. */
  readonly rooms = new Set<string>();
  readonly #urls: () => readonly string[];
  readonly #allRooms: readonly string[];
  readonly #staying: Promise<void>;
  #client: RawClient | undefined;
  #isEnded = false;

  constructor(user: string, { urls, rooms }: { urls: () => readonly string[]; rooms: readonly string[] }) {
    this.user = user;
    this.#urls = urls;
    this.#allRooms = rooms;
    this.#staying = this.#stay();
  }

  /** Whether it is connected, and in all of its rooms. */
  get isSettled(): boolean {
    return this.#client !== undefined;
  }

  /** Changes its mind about rooms until the signal aborts. */
  async wander(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await delay(PACE_MS.min + Math.random() * PACE_MS.spread);
      const room = this.#allRooms[Math.floor(Math.random() * this.#allRooms.length)] ?? '';
      const client = this.#client;
      if (client === undefined) continue;
      const type = this.rooms.delete(room) ? 'leave' : 'join';
      if (type === 'join') this.rooms.add(room);
      // Where this fails the connection is lost, and it comes back to where it wants to be.
      await client.request({ type, room }, ANSWER_DEADLINE_MS).catch(() => {
        client.socket.destroy();
      });
    }
  }

  async end(): Promise<void> {
    this.#isEnded = true;
    this.#client?.socket.destroy();
    await this.#staying;
  }

  async #stay(): Promise<void> {
    while (!this.#isEnded) {
      try {
        await this.#visit();
      } catch {
        // Nobody answers there: another one may.
      }
      this.#client = undefined;
      await delay(RETRY_MS);
    }
  }

  async #visit(): Promise<void> {
    const urls = this.#urls();
    const url = urls[Math.floor(Math.random() * urls.length)];
    if (url === undefined) return;
    const client = await RawClient.connect({ url, encoding: 'json', token: this.user });
    try {
      await client.next('welcome', ANSWER_DEADLINE_MS);
      for (const room of this.rooms) await client.expectAnswer('joined', { type: 'join', room }, ANSWER_DEADLINE_MS);
      this.#client = client;
      await client.closed;
    } finally {
      client.socket.destroy();
    }
  }
}
