import { NodeState } from '../memory/node-state.ts';
import { DELETED } from './defaults.ts';
import type { MemoryAccounts } from './memory-accounts.ts';
import type { AccountStore } from './store.ts';

/** The accounts of a hub as one node of it sees them. They live as long as the process. */
export class MemoryAccountStore implements AccountStore {
  readonly #accounts: MemoryAccounts;
  readonly #state = new NodeState();

  constructor(accounts: MemoryAccounts) {
    this.#accounts = accounts;
  }

  start(): void {
    this.#state.start();
  }

  create(user: string, passwordHash: string): Promise<boolean> {
    return this.#state.run(() => this.#accounts.create(user, passwordHash));
  }

  readPasswordHash(user: string): Promise<string | undefined> {
    return this.#state.run(() => this.#accounts.find(user));
  }

  isTaken(user: string): Promise<boolean> {
    return this.#state.run(() => this.#accounts.has(user));
  }

  replacePasswordHash(user: string, passwordHash: string): Promise<boolean> {
    return this.#state.run(() => this.#accounts.replace(user, passwordHash));
  }

  delete(user: string): Promise<boolean> {
    return this.#state.run(() => this.#accounts.replace(user, DELETED));
  }

  close(): void {
    this.#state.close();
  }
}
