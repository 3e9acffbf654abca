import type { Redis } from 'ioredis';
import type { RedisConnection } from './connection.ts';

/** Channels of one SUBSCRIBE when all are subscribed again: each is one reply to wait for within the command time limit. */
const CHANNELS_PER_COMMAND = 512;

export type ChannelListener = (payload: Buffer, channel: string) => void;

export interface SubscriberOptions {
  /** Of a Redis Cluster: by `SSUBSCRIBE`, at the server that has the slot of the channel. */
  readonly isSharded?: boolean;
  /** By channel: of several servers together, where a channel may go from one to the other. */
  readonly listeners?: Map<string, ChannelListener>;
}

/** The channels that a node listens to. What it should hear is kept here; what Redis sends it is made equal by `resubscribe`. */
export class Subscriber {
  readonly #connection: RedisConnection;
  readonly #isSharded: boolean;
  readonly #listeners: Map<string, ChannelListener>;

  constructor(connection: RedisConnection, { isSharded = false, listeners = new Map() }: SubscriberOptions = {}) {
    this.#connection = connection;
    this.#isSharded = isSharded;
    this.#listeners = listeners;
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
      await this.#subscribe([channel]);
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
    await this.forget(channel);
  }

  /** Has Redis forget it alone. Never rejects. */
  async forget(channel: string): Promise<void> {
    await this.#connection
      .run((redis) => (this.#isSharded ? redis.sunsubscribe(channel) : redis.unsubscribe(channel)))
      .catch(() => undefined);
  }

  /** Subscribes every channel again, on whatever connection there is now. Resolves when each is acknowledged. */
  resubscribe(): Promise<void> {
    return this.subscribe([...this.#listeners.keys()]);
  }

  /**
   * Subscribes channels that there are listeners for: of a Redis Cluster, of one slot. Resolves when each is acknowledged.
   *
   * @param isAsked the slot is on its way to this server
   */
  async subscribe(channels: readonly string[], isAsked = false): Promise<void> {
    for (let start = 0; start < channels.length; start += CHANNELS_PER_COMMAND) {
      const batch = channels
        .slice(start, start + CHANNELS_PER_COMMAND)
        .filter((channel) => this.#listeners.has(channel));
      if (batch.length > 0) await this.#subscribe(batch, isAsked);
    }
  }

  /** ioredis resolves when the last channel of the command is acknowledged. */
  #subscribe(channels: readonly string[], isAsked = false): Promise<unknown> {
    if (!this.#isSharded) return this.#connection.run((redis) => redis.subscribe(...channels));
    const subscribe = (redis: Redis): Promise<unknown> => redis.ssubscribe(...channels);
    return isAsked ? this.#connection.runAsked(subscribe) : this.#connection.run(subscribe);
  }
}
