import type { HubPart } from '../memory/hub.ts';
import type { LeaseGrant, LeaseHolding, LeaseNote, LeaseRefusal } from './lease.ts';

interface Held {
  readonly fence: number;
  expiresAt: number;
  note?: LeaseNote;
}

export function createMemoryLeases(): MemoryLeases {
  return new MemoryLeases();
}

/** The leases of a hub. */
export class MemoryLeases implements HubPart {
  readonly #held = new Map<string, Held>();
  readonly #fences = new Map<string, number>();
  /** Outlives whatever is forgotten, as a clock does. */
  #granted = 0;
  readonly #watches = new Set<(name: string) => void>();

  acquire(name: string, leaseMs: number, above: number): LeaseGrant | LeaseRefusal {
    const now = performance.now();
    const held = this.#holder(name, now);
    if (held !== undefined) return { heldForMs: held.expiresAt - now };
    this.#granted = Math.max(this.#granted, this.#fences.get(name) ?? 0, above) + 1;
    const fence = this.#granted;
    this.#fences.set(name, fence);
    this.#held.set(name, { fence, expiresAt: now + leaseMs });
    return { name, fence, leaseMs };
  }

  renew({ name, fence, leaseMs }: LeaseGrant, note?: LeaseNote): boolean {
    const now = performance.now();
    const held = this.#holder(name, now);
    if (held?.fence !== fence) return false;
    held.expiresAt = now + leaseMs;
    if (note !== undefined) held.note = note;
    return true;
  }

  find(name: string): LeaseHolding | undefined {
    const now = performance.now();
    const held = this.#holder(name, now);
    if (held === undefined) return undefined;
    const { expiresAt, note } = held;
    return { heldForMs: expiresAt - now, ...(note === undefined ? {} : { note }) };
  }

  release({ name, fence }: LeaseGrant): void {
    if (this.#holder(name, performance.now())?.fence !== fence) return;
    this.#held.delete(name);
    for (const onReleased of this.#watches) onReleased(name);
  }

  watch(onReleased: (name: string) => void): void {
    this.#watches.add(onReleased);
  }

  unwatch(onReleased: (name: string) => void): void {
    this.#watches.delete(onReleased);
  }

  /** Whether whoever has this fence may act; a fence that is higher than any known becomes the highest. */
  admits(name: string, fence: number): boolean {
    const highest = this.#fences.get(name);
    if (highest === undefined || fence < highest) return false;
    this.#fences.set(name, fence);
    return true;
  }

  clear(): void {
    this.#held.clear();
    this.#fences.clear();
  }

  #holder(name: string, now: number): Held | undefined {
    const held = this.#held.get(name);
    return held !== undefined && held.expiresAt > now ? held : undefined;
  }
}
