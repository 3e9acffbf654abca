import type { Lease, LeaseGrant, LeaseRefusal, PresentPublisher, PublisherRoster, RosterEntry } from '@outcry/broker';

/** Leases and a roster in one, by the test's clock, that a test can take away, or some of them for other publishers. */
export class ScriptedLeases implements Lease, PublisherRoster {
  /** Every call rejects with it while it is set. */
  fault: Error | undefined;
  readonly #held = new Map<string, { readonly fence: number; readonly expiresAt: number }>();
  readonly #present = new Map<string, { readonly entry: RosterEntry; readonly expiresAt: number }>();
  readonly #watches: ((name: string) => void)[] = [];
  #fence = 0;

  /** Whose fence the lease is under now, if anybody's. */
  holderOf(name: string): number | undefined {
    const held = this.#held.get(name);
    return held !== undefined && held.expiresAt > performance.now() ? held.fence : undefined;
  }

  /** Ends a lease before its time. */
  expire(name: string): void {
    this.#held.delete(name);
  }

  /** Who is present now. */
  get publishers(): readonly string[] {
    return this.#listPresent().map(({ publisher }) => publisher);
  }

  async acquire(name: string, leaseMs: number): Promise<LeaseGrant | LeaseRefusal> {
    await this.#answer();
    const held = this.#held.get(name);
    if (held !== undefined && held.expiresAt > performance.now())
      return { heldForMs: held.expiresAt - performance.now() };
    this.#fence++;
    this.#held.set(name, { fence: this.#fence, expiresAt: performance.now() + leaseMs });
    return { name, fence: this.#fence, leaseMs };
  }

  async renew({ name, fence, leaseMs }: LeaseGrant): Promise<boolean> {
    await this.#answer();
    if (this.holderOf(name) !== fence) return false;
    this.#held.set(name, { fence, expiresAt: performance.now() + leaseMs });
    return true;
  }

  async release({ name, fence }: LeaseGrant): Promise<void> {
    await this.#answer();
    if (this.holderOf(name) !== fence) return;
    this.#held.delete(name);
    for (const onReleased of this.#watches) onReleased(name);
  }

  async watch(onReleased: (name: string) => void): Promise<void> {
    await this.#answer();
    this.#watches.push(onReleased);
  }

  async attend(entry: RosterEntry, leaseMs: number): Promise<readonly PresentPublisher[]> {
    await this.#answer();
    this.#present.set(entry.publisher, { entry, expiresAt: performance.now() + leaseMs });
    return this.#listPresent();
  }

  async leave(publisher: string): Promise<void> {
    await this.#answer();
    this.#present.delete(publisher);
  }

  #listPresent(): PresentPublisher[] {
    const now = performance.now();
    return [...this.#present.values()]
      .filter(({ expiresAt }) => expiresAt > now)
      .map(({ entry, expiresAt }) => ({ ...entry, remainingMs: expiresAt - now }));
  }

  async #answer(): Promise<void> {
    await Promise.resolve();
    if (this.fault !== undefined) throw this.fault;
  }
}
