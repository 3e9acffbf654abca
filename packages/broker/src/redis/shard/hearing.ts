import { OutcryError } from '../../outcry-error.ts';
import type { RedisConnection } from '../connection/connection.ts';
import type { Subscriber } from '../connection/subscriber.ts';
import { Loopback } from '../health/loopback.ts';
import type { ShardPartitions } from './shard-partitions.ts';

const DEAF = 'what was published did not come back';

export interface HearingOptions {
  readonly commands: RedisConnection;
  readonly listener: RedisConnection;
  /** Of the listener. */
  readonly subscriber: Subscriber;
  readonly partitions: ShardPartitions;
  /** Of a Redis Cluster. */
  readonly isSharded: boolean;
}

/**
 * Whether what is published at a server is heard there, on a channel of the shard's own. A connection that does not hear is given up.
 * Where there is no channel to listen to, nothing can be said on it, which proves nothing.
 */
export class Hearing {
  readonly #options: HearingOptions;
  readonly #loopback: Loopback;

  constructor(options: HearingOptions) {
    this.#options = options;
    this.#loopback = new Loopback({
      listen: (listener) => this.#listenWith(listener),
      send: (payload) => this.#send(payload),
      onDeaf: () => {
        this.#reconnect();
      },
    });
  }

  /** Has the server send what is said on the channel. @throws OutcryError */
  listen(): Promise<void> {
    return this.#loopback.listen();
  }

  start(): void {
    this.#loopback.start();
  }

  stop(): void {
    this.#loopback.stop();
  }

  /** Looks, where it has been started. */
  beat(): void {
    this.#loopback.beat();
  }

  /**
   * A name may lead to a server that nobody publishes to, again and again: acknowledged channels prove nothing.
   *
   * @throws OutcryError `unavailable` where it does not hear
   */
  async assertHearing(): Promise<void> {
    try {
      await this.#loopback.probe();
    } catch {
      this.#reconnect();
      throw new OutcryError('unavailable', `Redis at ${this.#options.listener.address}: ${DEAF}`);
    }
  }

  async #listenWith(listener: (payload: Buffer) => void): Promise<void> {
    const { subscriber, partitions } = this.#options;
    const { probeKey } = partitions;
    if (probeKey !== undefined) await subscriber.add(probeKey, listener);
  }

  async #send(payload: string): Promise<void> {
    const { commands, partitions, isSharded } = this.#options;
    const { probeKey: channel } = partitions;
    if (channel === undefined) throw new OutcryError('unavailable', 'no partition');
    await commands.run((redis) => (isSharded ? redis.spublish(channel, payload) : redis.publish(channel, payload)));
  }

  #reconnect(): void {
    this.#options.listener.reconnect(DEAF);
  }
}
