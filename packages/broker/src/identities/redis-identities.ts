import type { KeySpace } from '../redis/keys.ts';
import type { Router } from '../redis/router.ts';
import type { ClusterIdentities, ClusterIdentity } from './cluster-identities.ts';
import { identityKey } from './keys.ts';

const MS_PER_SECOND = 1000;
const US_PER_MS = 1000;

export interface RedisIdentitiesParts {
  readonly redis: Router;
  readonly keys: KeySpace;
}

/** A key for each place. */
export class RedisIdentities implements ClusterIdentities {
  readonly #parts: RedisIdentitiesParts;

  constructor(parts: RedisIdentitiesParts) {
    this.#parts = parts;
  }

  identify(by: string): Promise<ClusterIdentity> {
    const key = identityKey(this.#parts.keys, by);
    return this.#parts.redis.run(key, async (redis) => {
      const [cluster, [seconds, microseconds]] = await Promise.all([redis.get(key), redis.time()]);
      const now = Number(seconds) * MS_PER_SECOND + Math.floor(Number(microseconds) / US_PER_MS);
      return { cluster: cluster ?? undefined, now };
    });
  }

  async introduce(by: string, cluster: string): Promise<void> {
    const key = identityKey(this.#parts.keys, by);
    await this.#parts.redis.run(key, (redis) => redis.set(key, cluster, 'NX'));
  }
}
