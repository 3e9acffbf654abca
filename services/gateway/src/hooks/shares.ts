/** So many askers can take all that there can be at once. */
const ASKERS = 4;

/** What there can be at once is for everybody: nobody has more of it than a share. */
export class Shares {
  readonly max: number;
  readonly #taken = new Map<string, number>();

  /** @param total What there can be at once, 1 or more */
  constructor(total: number) {
    this.max = Math.ceil(total / ASKERS);
  }

  /** Whether somebody has all of a share. */
  isTaken(asker: string): boolean {
    return (this.#taken.get(asker) ?? 0) >= this.max;
  }

  take(asker: string): void {
    this.#taken.set(asker, (this.#taken.get(asker) ?? 0) + 1);
  }

  giveBack(asker: string): void {
    const left = (this.#taken.get(asker) ?? 1) - 1;
    if (left > 0) this.#taken.set(asker, left);
    else this.#taken.delete(asker);
  }
}
