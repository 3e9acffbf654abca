import type { HubPart, MemoryHub } from '../memory/hub.ts';
import { createMemoryNodes, type MemoryNodes } from '../nodes/memory-nodes.ts';
import type { HoldRequest, SpendRequest } from './shared-limits.ts';

/** Of sums of times: it is no millisecond more to wait. */
const ROUNDING_MS = 0.001;

const MINUTE_MS = 60_000;
/** Buckets that are full again are forgotten when there are so many. */
const MAX_BUCKETS = 10_000;

export function createMemoryCounts(hub: MemoryHub): MemoryCounts {
  return new MemoryCounts(hub.part(createMemoryNodes));
}

/** What the subjects of a hub have and do. */
export class MemoryCounts implements HubPart {
  readonly #nodes: MemoryNodes;
  readonly #counts = new Map<string, Map<string, number>>();
  /** When each bucket is full again. */
  readonly #buckets = new Map<string, number>();

  constructor(nodes: MemoryNodes) {
    this.#nodes = nodes;
  }

  hold(node: string, { subject, own, max }: HoldRequest): boolean {
    const present = new Set(this.#nodes.list().map(({ id }) => id));
    let total = own;
    for (const [id, count] of this.#counts.get(subject) ?? []) {
      if (id !== node && present.has(id)) total += count;
    }
    if (total > max) return false;
    this.set(node, subject, own);
    return true;
  }

  set(node: string, subject: string, own: number): void {
    const counts = this.#counts.get(subject) ?? new Map<string, number>();
    if (own > 0) counts.set(node, own);
    else counts.delete(node);
    if (counts.size > 0) this.#counts.set(subject, counts);
    else this.#counts.delete(subject);
  }

  pass(subject: string, perMinute: number): boolean {
    const now = performance.now();
    if (this.#buckets.size >= MAX_BUCKETS) this.#forgetFull(now);
    const fullAt = Math.max(now, this.#buckets.get(subject) ?? 0) + MINUTE_MS / perMinute;
    if (fullAt - now > MINUTE_MS + ROUNDING_MS) return false;
    this.#buckets.set(subject, fullAt);
    return true;
  }

  spend({ subject, amount, max, windowMs }: SpendRequest): number {
    const now = performance.now();
    if (this.#buckets.size >= MAX_BUCKETS) this.#forgetFull(now);
    const owedMs = Math.max(0, (this.#buckets.get(subject) ?? 0) - now) + (amount * windowMs) / max;
    const debtMs = Math.min(owedMs, 2 * windowMs);
    this.#buckets.set(subject, now + debtMs);
    return Math.max(0, Math.ceil(debtMs - windowMs - ROUNDING_MS));
  }

  clear(): void {
    this.#counts.clear();
    this.#buckets.clear();
  }

  #forgetFull(now: number): void {
    for (const [subject, fullAt] of this.#buckets) if (fullAt <= now) this.#buckets.delete(subject);
  }
}
