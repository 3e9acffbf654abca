import { NodeState } from '../memory/node-state.ts';
import type { Lease, LeaseFinder, LeaseGrant, LeaseHolding, LeaseNote, LeaseRefusal } from './lease.ts';
import type { MemoryLeases } from './memory-leases.ts';

/** The leases as one node of a hub sees them. */
export class MemoryLease implements Lease, LeaseFinder {
  readonly #leases: MemoryLeases;
  readonly #state = new NodeState();
  #watch: ((name: string) => void) | undefined;

  constructor(leases: MemoryLeases) {
    this.#leases = leases;
  }

  start(): void {
    this.#state.start();
  }

  acquire(name: string, leaseMs: number, above = 0): Promise<LeaseGrant | LeaseRefusal> {
    return this.#state.run(() => this.#leases.acquire(name, leaseMs, above));
  }

  renew(grant: LeaseGrant, note?: LeaseNote): Promise<boolean> {
    return this.#state.run(() => this.#leases.renew(grant, note));
  }

  find(names: readonly string[]): Promise<readonly (LeaseHolding | undefined)[]> {
    return this.#state.run(() => names.map((name) => this.#leases.find(name)));
  }

  release(grant: LeaseGrant): Promise<void> {
    return this.#state.run(() => {
      this.#leases.release(grant);
    });
  }

  watch(onReleased: (name: string) => void): Promise<void> {
    return this.#state.run(() => {
      this.#unwatch();
      const watch = (name: string): void => {
        setImmediate(() => {
          if (this.#watch === watch) onReleased(name);
        });
      };
      this.#watch = watch;
      this.#leases.watch(watch);
    });
  }

  close(): void {
    this.#state.close();
    this.#unwatch();
  }

  #unwatch(): void {
    if (this.#watch !== undefined) this.#leases.unwatch(this.#watch);
    this.#watch = undefined;
  }
}
