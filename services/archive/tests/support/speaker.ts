import { type Backplane, createRedisBackplane, type Published, type Retention } from '@outcry/broker';
import { encodeMessageHead, encodePayload } from '@outcry/protocol';

/** More than any test says: nothing is trimmed before it is read. */
export const ARCHIVED: Retention = { count: 100_000, ms: 600_000, isArchived: true };

/** Publishes as a gateway does. */
export class Speaker implements AsyncDisposable {
  readonly backplane: Backplane;

  private constructor(backplane: Backplane) {
    this.backplane = backplane;
  }

  static async start(url: string, prefix: string): Promise<Speaker> {
    const speaker = new Speaker(createRedisBackplane({ url, prefix }));
    await speaker.backplane.start({
      handleMessage: () => undefined,
      handleSignal: () => undefined,
      handleReset: () => undefined,
      handleStatus: () => undefined,
    });
    return speaker;
  }

  say(room: string, data: unknown, retention = ARCHIVED): Promise<Published> {
    const head = encodeMessageHead({ room, from: 'ann', at: Date.now(), data: encodePayload(data) });
    return this.backplane.broker.publish({ room, head, origin: '', retention });
  }

  async framesOf(room: string): Promise<readonly Buffer[]> {
    const { messages } = await this.backplane.broker.readHistory(room, { last: 10_000, maxBytes: 2 ** 24 }, ARCHIVED);
    return messages.map(({ frame }) => Buffer.from(frame));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.backplane.close();
  }
}
