import { NodeState } from '../memory/node-state.ts';
import type { MemoryNodes } from './memory-nodes.ts';
import type { NodeEntry, NodeRoster } from './node-roster.ts';

/** The gateways of a hub as one of them sees them. */
export class MemoryNodeRoster implements NodeRoster {
  readonly #nodes: MemoryNodes;
  readonly #state = new NodeState();

  constructor(nodes: MemoryNodes) {
    this.#nodes = nodes;
  }

  start(): void {
    this.#state.start();
  }

  attend(entry: NodeEntry, leaseMs: number): Promise<boolean> {
    return this.#state.run(() => this.#nodes.attend(entry, leaseMs));
  }

  leave(id: string): Promise<void> {
    return this.#state.run(() => {
      this.#nodes.leave(id);
    });
  }

  missing(ids: readonly string[]): Promise<readonly string[]> {
    return this.#state.run(() => this.#nodes.missing(ids));
  }

  list(): Promise<readonly NodeEntry[]> {
    return this.#state.run(() => this.#nodes.list());
  }

  close(): void {
    this.#state.close();
  }
}
