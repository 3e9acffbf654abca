import type { ControlBus } from './bus.ts';
import type { KeySpace } from '../redis/keys.ts';
import type { RedisConnection } from '../redis/connection.ts';
import type { Subscriber } from '../redis/subscriber.ts';

export interface RedisControlBusParts {
  readonly commands: RedisConnection;
  readonly subscriber: Subscriber;
  readonly keys: KeySpace;
}

/** Notices over one channel that every node listens to. */
export class RedisControlBus implements ControlBus {
  readonly #parts: RedisControlBusParts;

  constructor(parts: RedisControlBusParts) {
    this.#parts = parts;
  }

  tell(notice: string): Promise<number> {
    return this.#parts.commands.run((redis) => redis.publish(this.#parts.keys.control, notice));
  }

  watch(onNotice: (notice: string) => void): Promise<void> {
    return this.#parts.subscriber.add(this.#parts.keys.control, (payload) => {
      onNotice(payload.toString());
    });
  }
}
