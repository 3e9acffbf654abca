import type { RedisConnection } from '../redis/connection.ts';
import type { KeySpace } from '../redis/keys.ts';
import type { Subscriber } from '../redis/subscriber.ts';
import type { ControlBus } from './bus.ts';
import { controlChannel } from './keys.ts';

export interface RedisControlBusParts {
  readonly commands: RedisConnection;
  readonly subscriber: Subscriber;
  readonly keys: KeySpace;
}

/** Notices over one channel that every node listens to. */
export class RedisControlBus implements ControlBus {
  readonly #parts: RedisControlBusParts;
  readonly #channel: string;

  constructor(parts: RedisControlBusParts) {
    this.#parts = parts;
    this.#channel = controlChannel(parts.keys);
  }

  tell(notice: string): Promise<number> {
    return this.#parts.commands.run((redis) => redis.publish(this.#channel, notice));
  }

  watch(onNotice: (notice: string) => void): Promise<void> {
    return this.#parts.subscriber.add(this.#channel, (payload) => {
      onNotice(payload.toString());
    });
  }
}
