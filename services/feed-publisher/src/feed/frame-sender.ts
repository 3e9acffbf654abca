import { isDeepStrictEqual } from 'node:util';

import type { FeedBus, FeedInstrument } from '@outcry/broker';

import type { FeedMetrics, FrameKind } from '../observability/feed-metrics.ts';
import type { BaseFeed } from './base-feed.ts';

/** A snapshot comes at the latest behind so many deltas, so that whoever reads the book anew has little to catch up. */
export const MAX_DELTAS_PER_SNAPSHOT = 256;

/** A feed without news says after so long that it is alive; the gateways call a book stale after twice that. */
export const PULSE_MS = 1000;

export interface FeedTiming {
  /** Events within this time make one delta; 0 makes every event one, even if it changes nothing. */
  readonly deltaMs: number;
  /** A snapshot is published this often, whether or not anything changed. */
  readonly snapshotMs: number;
}

export interface FrameSenderParts {
  readonly feed: BaseFeed;
  readonly feedBus: Pick<FeedBus, 'announce' | 'publishDelta' | 'publishSnapshot' | 'publishPulse'>;
  readonly timing: FeedTiming;
  readonly metrics: FeedMetrics;
  readonly symbol: string;
}

/** When which frame of a feed is due, and its way to the bus. What the bus refuses comes out of each call; nothing is repeated. */
export class FrameSender {
  readonly #parts: FrameSenderParts;
  /** As the gateways were told it last, from here. */
  #announced: FeedInstrument | undefined;
  #frameAt = -Infinity;
  #deltaAt = -Infinity;
  #snapshotAt = -Infinity;
  #deltasSinceSnapshot = 0;

  constructor(parts: FrameSenderParts) {
    this.#parts = parts;
  }

  /** The gateways may know the instrument otherwise by now: it is announced again. */
  forgetAnnouncement(): void {
    this.#announced = undefined;
  }

  /** The whole book, as the first frame of an epoch or again. */
  async sendBook(fence: number): Promise<void> {
    const { feed, feedBus } = this.#parts;
    const { instrument } = feed;
    if (!isDeepStrictEqual(instrument, this.#announced)) await feedBus.announce([instrument]);
    this.#announced = instrument;
    await this.#sendSnapshot(fence);
  }

  async sendDue(fence: number): Promise<void> {
    const { feed, timing } = this.#parts;
    const now = performance.now();
    const isSnapshotDue = now >= this.#snapshotAt + timing.snapshotMs;
    const isDeltaDue = now >= this.#deltaAt + timing.deltaMs;
    if (feed.hasChanges && (isDeltaDue || isSnapshotDue)) await this.#sendDelta(fence);
    if (isSnapshotDue || this.#deltasSinceSnapshot >= MAX_DELTAS_PER_SNAPSHOT) await this.#sendSnapshot(fence);
    if (performance.now() >= this.#frameAt + PULSE_MS) await this.#sendPulse(fence);
  }

  /** What has not been told yet. */
  async sendRest(fence: number): Promise<void> {
    if (this.#parts.feed.hasChanges) await this.#sendDelta(fence);
  }

  /** Until something is due: a delta that waits for its interval, or a quiet book's signs of life. */
  msUntilDue(): number {
    const { feed, timing } = this.#parts;
    const deltaDueAt = feed.hasChanges ? this.#deltaAt + timing.deltaMs : Infinity;
    const dueAt = Math.min(deltaDueAt, this.#snapshotAt + timing.snapshotMs, this.#frameAt + PULSE_MS);
    return Math.max(0, dueAt - performance.now());
  }

  async #sendDelta(fence: number): Promise<void> {
    const { feed, feedBus } = this.#parts;
    const delta = feed.takeDelta(Date.now());
    this.#deltaAt = performance.now();
    this.#deltasSinceSnapshot++;
    await feedBus.publishDelta(delta, fence);
    this.#noteFrame('delta', this.#deltaAt);
  }

  async #sendSnapshot(fence: number): Promise<void> {
    const { feed, feedBus } = this.#parts;
    const snapshot = feed.snapshot(Date.now());
    this.#snapshotAt = performance.now();
    this.#deltasSinceSnapshot = 0;
    await feedBus.publishSnapshot(snapshot, fence);
    this.#noteFrame('snapshot', this.#snapshotAt);
  }

  async #sendPulse(fence: number): Promise<void> {
    const { feed, feedBus } = this.#parts;
    const startedAt = performance.now();
    await feedBus.publishPulse(feed.pulse(), fence);
    this.#noteFrame('pulse', startedAt);
  }

  #noteFrame(kind: FrameKind, startedAt: number): void {
    const { metrics, symbol } = this.#parts;
    this.#frameAt = performance.now();
    metrics.countFrame(symbol, kind, (this.#frameAt - startedAt) / 1000);
  }
}
