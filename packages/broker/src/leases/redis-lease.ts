import type { KeySpace } from '../redis/keys.ts';
import type { Router } from '../redis/router.ts';
import { FENCE_TTL_MS } from './defaults.ts';
import { leaseNames, releasesChannel } from './keys.ts';
import type { Lease, LeaseGrant, LeaseRefusal } from './lease.ts';
import { ACQUIRE_LEASE, RELEASE_LEASE, RENEW_LEASE } from './scripts/lease.lua.ts';

export interface RedisLeaseParts {
  readonly redis: Router;
  readonly keys: KeySpace;
}

/** Leases as expiring keys, by Redis's clock. */
export class RedisLease implements Lease {
  readonly #parts: RedisLeaseParts;

  constructor(parts: RedisLeaseParts) {
    this.#parts = parts;
  }

  async acquire(name: string, leaseMs: number): Promise<LeaseGrant | LeaseRefusal> {
    const { holder, fence } = leaseNames(this.#parts.keys, name);
    const args = [leaseMs, FENCE_TTL_MS];
    const reply = await this.#parts.redis.runScript(ACQUIRE_LEASE, [holder, fence], args);
    const [isGranted, value] = reply as [number, number];
    return isGranted === 1 ? { name, fence: value, leaseMs } : { heldForMs: value };
  }

  async renew(grant: LeaseGrant): Promise<boolean> {
    const { holder, fence } = leaseNames(this.#parts.keys, grant.name);
    const args = [grant.fence, grant.leaseMs, FENCE_TTL_MS];
    return (await this.#parts.redis.runScript(RENEW_LEASE, [holder, fence], args)) === 1;
  }

  async release(grant: LeaseGrant): Promise<void> {
    const { redis, keys } = this.#parts;
    const { holder } = leaseNames(keys, grant.name);
    if ((await redis.runScript(RELEASE_LEASE, [holder], [grant.fence])) !== 1) return;
    // Of another partition than the lease. It is a hint: the lease is released even where nobody can be told.
    await redis.publish(releasesChannel(keys), grant.name).catch(() => undefined);
  }

  watch(onReleased: (name: string) => void): Promise<void> {
    const { redis, keys } = this.#parts;
    return redis.listen(releasesChannel(keys), (payload) => {
      onReleased(payload.toString());
    });
  }
}
