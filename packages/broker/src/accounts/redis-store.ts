import { OutcryError } from '../outcry-error.ts';
import type { KeySpace } from '../redis/keys.ts';
import type { Router } from '../redis/router.ts';
import { DELETED, MAX_ACCOUNTS } from './defaults.ts';
import { accountsKey } from './keys.ts';
import { CREATE_ACCOUNT } from './scripts/create.lua.ts';
import { REPLACE_PASSWORD } from './scripts/replace-password.lua.ts';
import type { AccountStore } from './store.ts';

export interface RedisAccountStoreParts {
  readonly redis: Router;
  readonly keys: KeySpace;
}

/** Accounts in one hash. */
export class RedisAccountStore implements AccountStore {
  readonly #parts: RedisAccountStoreParts;

  constructor(parts: RedisAccountStoreParts) {
    this.#parts = parts;
  }

  async create(user: string, passwordHash: string): Promise<boolean> {
    const { redis, keys } = this.#parts;
    const reply = await redis.runScript(CREATE_ACCOUNT, [accountsKey(keys)], [user, passwordHash, MAX_ACCOUNTS]);
    if (reply === -1)
      throw new OutcryError('unavailable', `there are ${String(MAX_ACCOUNTS)} accounts, no more are made`);
    return reply === 1;
  }

  async readPasswordHash(user: string): Promise<string | undefined> {
    const { redis, keys } = this.#parts;
    const key = accountsKey(keys);
    const hash = await redis.run(key, (connection) => connection.hget(key, user));
    return hash === null || hash === DELETED ? undefined : hash;
  }

  async isTaken(user: string): Promise<boolean> {
    const { redis, keys } = this.#parts;
    const key = accountsKey(keys);
    return (await redis.run(key, (connection) => connection.hexists(key, user))) === 1;
  }

  async replacePasswordHash(user: string, passwordHash: string): Promise<boolean> {
    const { redis, keys } = this.#parts;
    return (await redis.runScript(REPLACE_PASSWORD, [accountsKey(keys)], [user, passwordHash])) === 1;
  }

  delete(user: string): Promise<boolean> {
    return this.replacePasswordHash(user, DELETED);
  }
}
