import type { HubPart } from '../memory/hub.ts';

export function createMemoryNotices(): MemoryNotices {
  return new MemoryNotices();
}

/** The notices of a hub. */
export class MemoryNotices implements HubPart {
  readonly #watches = new Set<(notice: string) => void>();

  /** How many are told. */
  tell(notice: string): number {
    for (const watch of this.#watches) watch(notice);
    return this.#watches.size;
  }

  watch(onNotice: (notice: string) => void): void {
    this.#watches.add(onNotice);
  }

  unwatch(onNotice: (notice: string) => void): void {
    this.#watches.delete(onNotice);
  }

  /** Nothing of it is stored. */
  clear(): void {
    // Who listens goes on listening.
  }
}
