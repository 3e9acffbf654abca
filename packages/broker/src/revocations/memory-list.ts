import { NodeState } from '../memory/node-state.ts';
import type { Revocation, RevocationList } from './list.ts';
import type { MemoryRevocations } from './memory-revocations.ts';

/** The revocations of a hub as one node of it knows them. */
export class MemoryRevocationList implements RevocationList {
  readonly #revocations: MemoryRevocations;
  readonly #state = new NodeState();
  #watch: ((revocation: Revocation) => void) | undefined;

  constructor(revocations: MemoryRevocations) {
    this.#revocations = revocations;
  }

  start(): void {
    this.#state.start();
  }

  watch(onRevoked: (revocation: Revocation) => void): Promise<void> {
    return this.#state.run(() => {
      this.#unwatch();
      const watch = (revocation: Revocation): void => {
        setImmediate(() => {
          if (this.#watch === watch) onRevoked(revocation);
        });
      };
      this.#watch = watch;
      this.#revocations.watch(watch);
      for (const revocation of this.#revocations.inForce) onRevoked(revocation);
    });
  }

  revoke(revocation: Revocation): Promise<void> {
    return this.#state.run(() => {
      this.#revocations.add(revocation);
    });
  }

  close(): void {
    this.#state.close();
    this.#unwatch();
  }

  #unwatch(): void {
    if (this.#watch !== undefined) this.#revocations.unwatch(this.#watch);
    this.#watch = undefined;
  }
}
