import type { KeySpace } from '../redis/keys.ts';
import type { Router } from '../redis/router.ts';
import type { ControlBus } from './bus.ts';
import { controlChannel } from './keys.ts';

export interface RedisControlBusParts {
  readonly redis: Router;
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
    return this.#parts.redis.publish(this.#channel, notice);
  }

  watch(onNotice: (notice: string) => void): Promise<void> {
    return this.#parts.redis.listen(this.#channel, (payload) => {
      onNotice(payload.toString());
    });
  }
}
