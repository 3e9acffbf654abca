import type { ServerFrame } from '@outcry/protocol';

import type { GatewayMetrics } from '../observability/metrics.ts';
import { Audience, type Fanout, type Follower, type StreamKind } from './audience.ts';

/** Why a follower goes: it asked to, or its connection ended. */
export type Departure = 'left' | 'lost';

/**
 * An audience whose slow followers can be held back. One that is held back gets nothing and costs nothing but a number: what
 * it misses is counted, and made good by one fresh snapshot, which is the caller's to send before `resume`.
 *
 * Of every frame it is counted, for each follower of that moment, what became of it: delivered (handed to the transport),
 * conflated (a later snapshot stood for it) or evicted (the connection ended before one could).
 */
export class ConflatedAudience {
  readonly #audience: Audience;
  readonly #metrics: GatewayMetrics;
  /** The count of frames when each was held back. */
  readonly #heldSince = new Map<Follower, number>();
  #published = 0;

  /** What it is an audience of: a kind of stream, and its name. */
  constructor(kind: StreamKind, name: string, fanout: Fanout) {
    this.#audience = new Audience(kind, name, fanout);
    this.#metrics = fanout.metrics;
  }

  /** Followers, those that are held back included. */
  get size(): number {
    return this.#audience.size + this.#heldSince.size;
  }

  add(follower: Follower): void {
    this.#audience.add(follower);
  }

  /** A follower that is held back from the start. */
  addHeldBack(follower: Follower): void {
    this.#heldSince.set(follower, this.#published);
  }

  /** Repeating it changes nothing. */
  holdBack(follower: Follower): void {
    if (this.#heldSince.has(follower)) return;
    // What was published in this very turn may be lost with the topic; a snapshot follows that stands for it as well.
    this.#audience.remove(follower);
    this.addHeldBack(follower);
  }

  /** Delivers again, from the next frame on. */
  resume(follower: Follower): void {
    this.#metrics.bookCatchUps.inc();
    this.#metrics.bookFramesConflated.inc(this.#release(follower));
    this.#audience.add(follower);
  }

  remove(follower: Follower, departure: Departure): void {
    if (!this.#heldSince.has(follower)) {
      this.#audience.remove(follower);
      return;
    }
    const { bookFramesConflated, bookFramesEvicted } = this.#metrics;
    (departure === 'lost' ? bookFramesEvicted : bookFramesConflated).inc(this.#release(follower));
  }

  publishFrame(frame: ServerFrame): void {
    this.#published += 1;
    this.#metrics.bookFramesRelayed.inc(this.size);
    this.#metrics.bookFramesDelivered.inc(this.#audience.size);
    this.#audience.publishFrame(frame);
  }

  /** How many frames it has missed. */
  #release(follower: Follower): number {
    const since = this.#heldSince.get(follower) ?? this.#published;
    this.#heldSince.delete(follower);
    return this.#published - since;
  }
}
