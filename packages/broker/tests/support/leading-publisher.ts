import type { Backplane, FeedBus, FeedDelta, FeedPulse, FeedSnapshot, LeaseGrant } from '../../src/index.ts';

const LEASE_MS = 60_000;

/** Publishes under the lease of whatever symbol it is given; takes it with the first frame. */
export class LeadingPublisher {
  readonly backplane: Backplane;
  readonly #grants = new Map<string, Promise<LeaseGrant>>();

  constructor(backplane: Backplane) {
    this.backplane = backplane;
  }

  get bus(): FeedBus {
    return this.backplane.feedBus;
  }

  async publishSnapshot(snapshot: FeedSnapshot): Promise<void> {
    await this.bus.publishSnapshot(snapshot, await this.fenceOf(snapshot.symbol));
  }

  async publishDelta(delta: FeedDelta): Promise<void> {
    await this.bus.publishDelta(delta, await this.fenceOf(delta.symbol));
  }

  async publishPulse(pulse: FeedPulse): Promise<void> {
    await this.bus.publishPulse(pulse, await this.fenceOf(pulse.symbol));
  }

  async fenceOf(symbol: string): Promise<number> {
    let grant = this.#grants.get(symbol);
    if (grant === undefined) this.#grants.set(symbol, (grant = this.#acquire(symbol)));
    return (await grant).fence;
  }

  async release(symbol: string): Promise<void> {
    const grant = await this.#grants.get(symbol);
    this.#grants.delete(symbol);
    if (grant !== undefined) await this.backplane.lease.release(grant);
  }

  async #acquire(symbol: string): Promise<LeaseGrant> {
    const answer = await this.backplane.lease.acquire(symbol, LEASE_MS);
    if ('heldForMs' in answer) throw new Error(`${symbol} is led by somebody else`);
    return answer;
  }
}
