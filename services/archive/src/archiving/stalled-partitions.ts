/**
 * For how long partitions have not been archived that are this service's to archive: because nobody lets it have them, or the database does not
 * take what is read, or nothing can be read. All services together have all partitions; of those of the others it knows nothing.
 */
export class StalledPartitions {
  /** By partition, on the clock of the process: when it was archived last, or else given to this service. */
  readonly #since = new Map<string, number>();

  /** From now on these are its partitions. */
  assign(partitions: readonly string[]): void {
    const now = performance.now();
    for (const partition of this.#since.keys()) if (!partitions.includes(partition)) this.#since.delete(partition);
    for (const partition of partitions) if (!this.#since.has(partition)) this.#since.set(partition, now);
  }

  /** All that was read of it is written. */
  handleArchived(partition: string): void {
    if (this.#since.has(partition)) this.#since.set(partition, performance.now());
  }

  /** Of the one for which it is longest; none where there are no partitions. */
  get longest(): { readonly partition: string; readonly ms: number } | undefined {
    const [oldest] = [...this.#since].sort(([, one], [, other]) => one - other);
    return oldest === undefined ? undefined : { partition: oldest[0], ms: performance.now() - oldest[1] };
  }
}
