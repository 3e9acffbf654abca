import type { RedisConnection } from './connection.ts';

/** Channels of one SUBSCRIBE when all are subscribed again: each is one reply to wait for within the command time limit. */
const CHANNELS_PER_COMMAND = 512;

export type ChannelListener = (payload: Buffer, channel: string) => void;

/** The channels that a node listens to. What it should hear is kept here; what Redis sends it is made equal by `resubscribe`. */
export class Subscriber {
  readonly #connection: RedisConnection;
  readonly #listeners = new Map<string, ChannelListener>();

  constructor(connection: RedisConnection) {
    this.#connection = connection;
    connection.onMessage((channel, payload) => this.#listeners.get(channel)?.(payload, channel));
  }

  /**
   * Listens from now on; resolves when Redis has acknowledged it. A later loss of the connection is made good by `resubscribe`.
   *
   * @throws OutcryError `unavailable`, or `closed`: then nobody listens
   */
  async add(channel: string, listener: ChannelListener): Promise<void> {
    this.#listeners.set(channel, listener);
    try {
      await this.#connection.run((redis) => redis.subscribe(channel));
    } catch (error) {
      // Redis may have carried it out all the same.
      if (this.#listeners.get(channel) === listener) void this.remove(channel);
      throw error;
    }
  }

  /**
   * Stops listening at once. Never rejects: where Redis cannot be told, the connection is lost and with it the
   * subscription, or it lasts as long as the connection and what comes is dropped.
   */
  async remove(channel: string): Promise<void> {
    if (!this.#listeners.delete(channel)) return;
    await this.#connection.run((redis) => redis.unsubscribe(channel)).catch(() => undefined);
  }

  /** Subscribes every channel again, on whatever connection there is now. Resolves when each is acknowledged. */
  async resubscribe(): Promise<void> {
    const channels = [...this.#listeners.keys()];
    for (let start = 0; start < channels.length; start += CHANNELS_PER_COMMAND) {
      const batch = channels
        .slice(start, start + CHANNELS_PER_COMMAND)
        .filter((channel) => this.#listeners.has(channel));
      // ioredis resolves when the last channel of the command is acknowledged.
      if (batch.length > 0) await this.#connection.run((redis) => redis.subscribe(...batch));
    }
  }
}
