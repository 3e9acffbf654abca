import { NodeState } from '../memory/node-state.ts';
import type { MemoryCounts } from './memory-counts.ts';
import type { HoldRequest, SharedLimits, SpendRequest } from './shared-limits.ts';

/** The counts of a hub as one node reaches them. */
export class MemorySharedLimits implements SharedLimits {
  readonly #counts: MemoryCounts;
  readonly #state = new NodeState();

  constructor(counts: MemoryCounts) {
    this.#counts = counts;
  }

  start(): void {
    this.#state.start();
  }

  hold(node: string, request: HoldRequest): Promise<boolean> {
    return this.#state.run(() => this.#counts.hold(node, request));
  }

  set(node: string, subject: string, own: number): Promise<void> {
    return this.#state.run(() => {
      this.#counts.set(node, subject, own);
    });
  }

  pass(subject: string, perMinute: number): Promise<boolean> {
    return this.#state.run(() => this.#counts.pass(subject, perMinute));
  }

  spend(request: SpendRequest): Promise<number> {
    return this.#state.run(() => this.#counts.spend(request));
  }

  close(): void {
    this.#state.close();
  }
}
