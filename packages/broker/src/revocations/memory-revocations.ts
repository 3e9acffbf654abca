import type { HubPart } from '../memory/hub.ts';
import { OutcryError } from '../outcry-error.ts';
import { MAX_REVOCATIONS } from './defaults.ts';
import type { Revocation } from './list.ts';

export function createMemoryRevocations(): MemoryRevocations {
  return new MemoryRevocations();
}

/** The revocations of a hub. */
export class MemoryRevocations implements HubPart {
  #current: readonly Revocation[] = [];
  readonly #watches = new Set<(revocation: Revocation) => void>();

  get inForce(): readonly Revocation[] {
    return this.#current.filter(({ expiresAt }) => expiresAt > Date.now());
  }

  /** @throws OutcryError `unavailable` where there are too many */
  add(revocation: Revocation): void {
    const current = this.inForce;
    if (current.length >= MAX_REVOCATIONS) throw new OutcryError('unavailable', 'too many revocations are in force');
    this.#current = [...current, revocation];
    for (const watch of this.#watches) watch(revocation);
  }

  watch(onRevoked: (revocation: Revocation) => void): void {
    this.#watches.add(onRevoked);
  }

  unwatch(onRevoked: (revocation: Revocation) => void): void {
    this.#watches.delete(onRevoked);
  }

  clear(): void {
    this.#current = [];
  }
}
