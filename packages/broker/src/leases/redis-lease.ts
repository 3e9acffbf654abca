import type { KeySpace } from '../redis/keys.ts';
import type { Router } from '../redis/router.ts';
import { FENCE_TTL_MS } from './defaults.ts';
import { leaseNames, releasesChannel } from './keys.ts';
import type { Lease, LeaseFinder, LeaseGrant, LeaseHolding, LeaseNote, LeaseRefusal } from './lease.ts';
import { decodeNote, encodeNote } from './note.ts';
import { ACQUIRE_LEASE, RELEASE_LEASE, RENEW_LEASE } from './scripts/lease.lua.ts';

export interface RedisLeaseParts {
  readonly redis: Router;
  readonly keys: KeySpace;
}

/** Leases as expiring keys, by Redis's clock. */
export class RedisLease implements Lease, LeaseFinder {
  readonly #parts: RedisLeaseParts;

  constructor(parts: RedisLeaseParts) {
    this.#parts = parts;
  }

  async acquire(name: string, leaseMs: number, above = 0): Promise<LeaseGrant | LeaseRefusal> {
    const { holder, fence } = leaseNames(this.#parts.keys, name);
    const args = [leaseMs, FENCE_TTL_MS, above];
    const reply = await this.#parts.redis.runScript(ACQUIRE_LEASE, [holder, fence], args);
    const [isGranted, value] = reply as [number, number];
    return isGranted === 1 ? { name, fence: value, leaseMs } : { heldForMs: value };
  }

  async renew(grant: LeaseGrant, note?: LeaseNote): Promise<boolean> {
    const { holder, fence, note: noteKey } = leaseNames(this.#parts.keys, grant.name);
    const args = [grant.fence, grant.leaseMs, FENCE_TTL_MS, note === undefined ? '' : encodeNote(note)];
    return (await this.#parts.redis.runScript(RENEW_LEASE, [holder, fence, noteKey], args)) === 1;
  }

  async release(grant: LeaseGrant): Promise<void> {
    const { redis, keys } = this.#parts;
    const { holder } = leaseNames(keys, grant.name);
    if ((await redis.runScript(RELEASE_LEASE, [holder], [grant.fence])) !== 1) return;
    // Of another partition than the lease. It is a hint: the lease is released even where nobody can be told.
    await redis.publish(releasesChannel(keys), grant.name).catch(() => undefined);
  }

  find(names: readonly string[]): Promise<readonly (LeaseHolding | undefined)[]> {
    return Promise.all(names.map((name) => this.#findOne(name)));
  }

  async #findOne(name: string): Promise<LeaseHolding | undefined> {
    const { holder, note: noteKey } = leaseNames(this.#parts.keys, name);
    // One behind the other: where the holder changes between them, its note is not that of the fence.
    const [heldForMs, fence, text] = await this.#parts.redis.run(holder, (redis) =>
      Promise.all([redis.pttl(holder), redis.get(holder), redis.get(noteKey)]),
    );
    if (heldForMs < 0 || fence === null) return undefined;
    const note = decodeNote(text ?? '', fence);
    return { heldForMs, ...(note === undefined ? {} : { note }) };
  }

  watch(onReleased: (name: string) => void): Promise<void> {
    const { redis, keys } = this.#parts;
    return redis.listen(releasesChannel(keys), (payload) => {
      onReleased(payload.toString());
    });
  }
}
