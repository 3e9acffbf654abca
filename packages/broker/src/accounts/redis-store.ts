import { OutcryError } from '../outcry-error.ts';
import type { RedisConnection } from '../redis/connection.ts';
import type { KeySpace } from '../redis/keys.ts';
import { DELETED, MAX_ACCOUNTS } from './defaults.ts';
import { accountsKey } from './keys.ts';
import { CREATE_ACCOUNT } from './scripts/create.lua.ts';
import { REPLACE_PASSWORD } from './scripts/replace-password.lua.ts';
import type { AccountStore } from './store.ts';

export interface RedisAccountStoreParts {
  readonly commands: RedisConnection;
  readonly keys: KeySpace;
}

/** Accounts in one hash. */
export class RedisAccountStore implements AccountStore {
  readonly #parts: RedisAccountStoreParts;

  constructor(parts: RedisAccountStoreParts) {
    this.#parts = parts;
  }

  async create(user: string, passwordHash: string): Promise<boolean> {
    const { commands, keys } = this.#parts;
    const reply = await commands.runScript(CREATE_ACCOUNT, [accountsKey(keys)], [user, passwordHash, MAX_ACCOUNTS]);
    if (reply === -1)
      throw new OutcryError('unavailable', `there are ${String(MAX_ACCOUNTS)} accounts, no more are made`);
    return reply === 1;
  }

  async readPasswordHash(user: string): Promise<string | undefined> {
    const { commands, keys } = this.#parts;
    const hash = await commands.run((redis) => redis.hget(accountsKey(keys), user));
    return hash === null || hash === DELETED ? undefined : hash;
  }

  async isTaken(user: string): Promise<boolean> {
    const { commands, keys } = this.#parts;
    return (await commands.run((redis) => redis.hexists(accountsKey(keys), user))) === 1;
  }

  async replacePasswordHash(user: string, passwordHash: string): Promise<boolean> {
    const { commands, keys } = this.#parts;
    return (await commands.runScript(REPLACE_PASSWORD, [accountsKey(keys)], [user, passwordHash])) === 1;
  }

  delete(user: string): Promise<boolean> {
    return this.replacePasswordHash(user, DELETED);
  }
}
