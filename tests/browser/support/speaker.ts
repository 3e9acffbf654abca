import { setInterval } from 'node:timers/promises';

import { type Client, connect, type Room } from '@outcry/client';
import { type LoggedPosition, type LoggedPublish, type MemberLog, payloadHash } from '@outcry/testkit';

import { Changes } from './changes.ts';

/** Beyond so many without an answer, the next waits for the oldest. */
const MAX_IN_FLIGHT = 100;

/**
 * Publishes from outside the browser and past every fault, so that a page has something to miss; and hears all of it, so that
 * there is somebody to compare the page with.
 */
export class Speaker implements Disposable {
  readonly name: string;
  readonly #client: Client;
  readonly #room: Room<string>;
  readonly #options: SpeakerOptions;
  readonly #changes = new Changes();
  #said = 0;

  private constructor(options: SpeakerOptions) {
    const { name, url, token, room, log } = options;
    this.name = name;
    this.#options = options;
    this.#client = connect(url, { token, maxFramesPerSecond: 0 });
    this.#room = this.#client.join<string>(room, {
      history: 0,
      onEvent: (event) => {
        if (event.type === 'message') log.message(event.seq, payloadHash(event.data));
        if (event.type === 'joined') log.joined({ ...event.position, node: 'witness', recovered: event.isRecovered });
        if (event.type === 'gap') log.reset(event.position);
        this.#changes.tell();
      },
    });
  }

  static async start(options: SpeakerOptions): Promise<Speaker> {
    const speaker = new Speaker(options);
    await speaker.#room.joined;
    return speaker;
  }

  /** Resolves when it has heard what stands there. */
  async untilHas({ epoch, seq }: LoggedPosition): Promise<void> {
    const isHere = (): boolean => this.#room.position?.epoch === epoch && this.#room.position.seq >= seq;
    await this.#changes.until(isHere, () => `${this.name} has ${String(this.#room.position?.seq)} of ${String(seq)}`);
  }

  /** Resolves when all are stored. */
  async say(count: number, bytes = 40): Promise<void> {
    const stored: Promise<void>[] = [];
    for (let i = 0; i < count; i++) {
      await stored[i - MAX_IN_FLIGHT];
      stored.push(this.#publish(bytes));
    }
    await Promise.all(stored);
  }

  /** Says something each so many milliseconds, until it is told to stop or has said so much. */
  talk(everyMs: number, { bytes = 40, count = Infinity } = {}): Talk {
    const controller = new AbortController();
    const { signal } = controller;
    const run = async (): Promise<void> => {
      const stored: Promise<void>[] = [];
      try {
        for await (const _ of setInterval(everyMs, undefined, { signal })) {
          if (stored.push(this.#publish(bytes)) >= count) break;
        }
      } catch (error) {
        if (!signal.aborted) throw error;
      }
      await Promise.all(stored);
    };
    const ended = run();
    return {
      ended,
      stop: async () => {
        controller.abort();
        await ended;
      },
    };
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }

  async #publish(bytes: number): Promise<void> {
    this.#said += 1;
    const key = String(this.#said);
    const text = `${this.name} ${key} `.padEnd(bytes, '.');
    const { epoch, seq } = await this.#room.publish(text, { key });
    const { room, onPublished } = this.#options;
    const outcome = { kind: 'ok', epoch, seq } as const;
    onPublished({ publisher: this.name, room, key, hash: payloadHash(text), outcome });
  }
}

/** What goes on until it is stopped, or has an end of its own. */
export interface Talk {
  /** Resolves when as many as were asked for are stored; never, where that is all there is. */
  readonly ended: Promise<void>;
  /** Resolves when everything that went out is stored, and nothing more will. */
  stop(): Promise<void>;
}

export interface SpeakerOptions {
  readonly name: string;
  readonly url: string;
  readonly token: string;
  readonly room: string;
  readonly log: MemberLog;
  readonly onPublished: (publish: LoggedPublish) => void;
}
