import type { Room, RoomsClient } from '@outcry/client';

/** What a message of such a room says, as an answer of the server API in a batch does. */
export interface Said {
  readonly result?: unknown;
  readonly error?: { readonly code: string; readonly message: string };
}

/** Behind which an answer is had in another way: a gateway asks about once a second, and others for a second and a half. */
const WAIT_MS = 4000;

/** One question to the gateway, and its answer as it changes. */
export class LiveRoom {
  readonly #room: Room<Said>;
  #said: Said | undefined;
  /** Those who wait for it. */
  #waiting: ((said: Said | undefined) => void)[] = [];

  /**
   * @param onChange there is another answer, or it is up to date again
   * @throws OutcryError where a room cannot have this name, or nothing can be joined any more
   */
  constructor(client: RoomsClient, name: string, onChange: () => void) {
    this.#room = client.join<Said>(name, {
      onEvent: (event) => {
        if (event.type === 'message') this.#said = event.data;
        if (event.type !== 'message' && event.type !== 'joined') return;
        this.#settle();
        onChange();
      },
    });
    this.#room.joined.catch(() => {
      this.#settle();
    });
  }

  /** The newest one, as soon as there is one; undefined where it is not to be had here. */
  newest(): Promise<Said | undefined> {
    if (this.#isSettled) return Promise.resolve(this.#current);
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      setTimeout(() => {
        resolve(undefined);
      }, WAIT_MS);
    });
  }

  leave(): void {
    this.#room.leave();
    this.#settle();
  }

  get #current(): Said | undefined {
    return this.#room.status === 'joined' ? this.#said : undefined;
  }

  get #isSettled(): boolean {
    return this.#current !== undefined || this.#room.status === 'failed' || this.#room.status === 'left';
  }

  #settle(): void {
    if (!this.#isSettled) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve(this.#current);
  }
}
