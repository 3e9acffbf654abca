/** `[price, size]` as the venue writes them. */
export type VenueLevel = readonly [price: string, size: string];

/** One `depthUpdate` event, as it stands in a stream's `data`. */
export interface VenueUpdate {
  readonly e: 'depthUpdate';
  readonly E: number;
  readonly T?: number;
  readonly s: string;
  readonly U: number;
  readonly u: number;
  readonly pu?: number;
  readonly b: readonly VenueLevel[];
  readonly a: readonly VenueLevel[];
}

/** The REST depth snapshot. */
export interface VenueSnapshot {
  readonly lastUpdateId: number;
  readonly E?: number;
  readonly T?: number;
  readonly bids: readonly VenueLevel[];
  readonly asks: readonly VenueLevel[];
}

/** The venue's side of a book. Shares no code with the books that tests compare with it. */
export class VenueBook {
  readonly #bids: Map<string, string>;
  readonly #asks: Map<string, string>;
  #lastUpdateId: number;
  #times: Pick<VenueSnapshot, 'E' | 'T'>;

  constructor({ lastUpdateId, bids, asks, ...times }: VenueSnapshot) {
    this.#bids = new Map(bids);
    this.#asks = new Map(asks);
    this.#lastUpdateId = lastUpdateId;
    this.#times = times;
  }

  /** Updates that the book holds already change nothing. */
  apply(update: VenueUpdate): void {
    if (update.u <= this.#lastUpdateId) return;
    for (const [price, size] of update.b) setLevel(this.#bids, price, size);
    for (const [price, size] of update.a) setLevel(this.#asks, price, size);
    this.#lastUpdateId = update.u;
    if (update.T !== undefined) this.#times = { E: update.E, T: update.T };
  }

  snapshot(limit: number): VenueSnapshot {
    const sorted = (side: ReadonlyMap<string, string>, direction: 1 | -1): VenueLevel[] =>
      [...side].sort(([a], [b]) => direction * (Number(a) - Number(b))).slice(0, limit);
    return {
      lastUpdateId: this.#lastUpdateId,
      ...this.#times,
      bids: sorted(this.#bids, -1),
      asks: sorted(this.#asks, 1),
    };
  }
}

function setLevel(side: Map<string, string>, price: string, size: string): void {
  if (/^0*(\.0*)?$/.test(size)) side.delete(price);
  else side.set(price, size);
}
