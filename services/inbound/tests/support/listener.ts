import { type Backplane, createRedisBackplane } from '@outcry/broker';
import { decodeFrame, DEFAULT_DEADLINE_MS, Inbox } from '@outcry/testkit';

export interface Heard {
  readonly room: string;
  readonly data: unknown;
  readonly from: string;
}

/** Hears what is published to some rooms, in order, as a gateway does. */
export class Listener implements AsyncDisposable {
  readonly #backplane: Backplane;
  readonly #heard = new Inbox<Heard>((message) => JSON.stringify(message));

  private constructor(backplane: Backplane) {
    this.#backplane = backplane;
  }

  static async join(url: string, prefix: string, rooms: readonly string[]): Promise<Listener> {
    const listener = new Listener(createRedisBackplane({ url, prefix }));
    await listener.#backplane.start({
      handleMessage: ({ room, frame }) => {
        const { data, from } = decodeFrame({ kind: 'binary', bytes: Buffer.from(frame) }, 'msgpack') as Omit<
          Heard,
          'room'
        > & { readonly type: 'message' };
        listener.#heard.push({ room, data, from });
      },
      handleSignal: () => undefined,
      handleReset: () => undefined,
      handleStatus: () => undefined,
    });
    for (const room of rooms) await listener.#backplane.broker.join(room);
    return listener;
  }

  get heard(): readonly Heard[] {
    return this.#heard.all;
  }

  dataOf(room: string): readonly unknown[] {
    return this.heard.filter((message) => message.room === room).map(({ data }) => data);
  }

  /** Waits for this data in any room. */
  untilHeard(data: unknown, deadlineMs = DEFAULT_DEADLINE_MS): Promise<Heard> {
    const text = JSON.stringify(data);
    return this.#heard.take((message) => JSON.stringify(message.data) === text, { what: text, deadlineMs });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#backplane.close();
  }
}
