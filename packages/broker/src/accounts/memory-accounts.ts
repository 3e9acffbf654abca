import type { HubPart } from '../memory/hub.ts';
import { OutcryError } from '../outcry-error.ts';
import { DELETED, MAX_ACCOUNTS } from './defaults.ts';

export function createMemoryAccounts(): MemoryAccounts {
  return new MemoryAccounts();
}

/** The accounts of a hub: password hashes by user. */
export class MemoryAccounts implements HubPart {
  readonly #hashes = new Map<string, string>();

  /** @throws OutcryError `unavailable` where there are too many */
  create(user: string, passwordHash: string): boolean {
    if (this.#hashes.has(user)) return false;
    if (this.#hashes.size >= MAX_ACCOUNTS) throw new OutcryError('unavailable', 'there are as many accounts as may be');
    this.#hashes.set(user, passwordHash);
    return true;
  }

  find(user: string): string | undefined {
    const hash = this.#hashes.get(user);
    return hash === DELETED ? undefined : hash;
  }

  has(user: string): boolean {
    return this.#hashes.has(user);
  }

  /** False where the name was never taken. */
  replace(user: string, passwordHash: string): boolean {
    if (!this.#hashes.has(user)) return false;
    this.#hashes.set(user, passwordHash);
    return true;
  }

  clear(): void {
    this.#hashes.clear();
  }
}
