import type { NodeRoster } from '../nodes/node-roster.ts';
import type { KeySpace } from '../redis/keys.ts';
import type { Router } from '../redis/router.ts';
import { COUNT_TTL_MS } from './defaults.ts';
import { limitNames } from './keys.ts';
import { HOLD_COUNT, SPEND, TAKE_TOKEN } from './scripts/shared-limits.lua.ts';
import type { HoldRequest, SharedLimits, SpendRequest } from './shared-limits.ts';

export interface RedisSharedLimitsParts {
  readonly redis: Router;
  readonly keys: KeySpace;
  readonly nodes: NodeRoster;
}

const MINUTE_MS = 60_000;

/**
 * Counts in Redis: a hash for each subject, so that a step needs nothing of another partition. Who is lost is asked only when
 * a subject would be refused.
 */
export class RedisSharedLimits implements SharedLimits {
  readonly #parts: RedisSharedLimitsParts;

  constructor(parts: RedisSharedLimitsParts) {
    this.#parts = parts;
  }

  async hold(node: string, { subject, own, max }: HoldRequest): Promise<boolean> {
    const [isHeld, holders] = await this.#hold([node, own, max], subject, []);
    if (isHeld === 1) return true;
    const others = holders.map(String).filter((id) => id !== node);
    const lost = await this.#parts.nodes.missing(others);
    if (lost.length === 0) return false;
    return (await this.#hold([node, own, max], subject, lost))[0] === 1;
  }

  async set(node: string, subject: string, own: number): Promise<void> {
    await this.#hold([node, own, ''], subject, []);
  }

  async pass(subject: string, perMinute: number): Promise<boolean> {
    const { redis, keys } = this.#parts;
    const args = [MINUTE_MS / perMinute, perMinute];
    return (await redis.runScript(TAKE_TOKEN, [limitNames(keys, subject).bucket], args)) === 1;
  }

  async spend({ subject, amount, max, windowMs }: SpendRequest): Promise<number> {
    const { redis, keys } = this.#parts;
    const args = [(amount * windowMs) / max, windowMs];
    return (await redis.runScript(SPEND, [limitNames(keys, subject).bucket], args)) as number;
  }

  async #hold(
    own: readonly [node: string, own: number, max: number | ''],
    subject: string,
    lost: readonly string[],
  ): Promise<[number, Buffer[]]> {
    const { redis, keys } = this.#parts;
    const reply = await redis.runScript(
      HOLD_COUNT,
      [limitNames(keys, subject).counts],
      [...own, COUNT_TTL_MS, ...lost],
    );
    return reply as [number, Buffer[]];
  }
}
