/** The notices of a hub. */
export class MemoryNotices {
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
}
