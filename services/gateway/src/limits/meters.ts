import type { ServerFrame } from '@outcry/protocol';

import { Meter } from './meter.ts';

/** Of one connection. 0 is no limit. */
export interface Rates {
  readonly maxFramesPerSecond: number;
  readonly maxBytesPerSecond: number;
  readonly maxControlFramesPerSecond: number;
  readonly maxJoinsPerSecond: number;
  readonly maxSignalsPerSecond: number;
}

export interface MeterLimits extends Rates {
  readonly maxRooms: number;
}

/** What a client is told of the rates, so that it can pace itself: docs/PROTOCOL.md §7. */
export type ToldRates = Pick<
  Extract<ServerFrame, { type: 'welcome' }>,
  | 'maxFramesPerSecond'
  | 'maxFrameBurst'
  | 'maxBytesPerSecond'
  | 'maxByteBurst'
  | 'maxJoinsPerSecond'
  | 'maxJoinBurst'
  | 'maxSignalsPerSecond'
  | 'maxSignalBurst'
  | 'maxControlFramesPerSecond'
  | 'maxControlFrameBurst'
>;

const SWEEP_MS = 2000;

/** How fast one connection may do what it does; 0 is no limit. */
export class Meters {
  readonly frames: Meter;
  readonly bytes: Meter;
  readonly controlFrames: Meter;
  readonly joins: Meter;
  readonly signals: Meter;
  readonly #timer: NodeJS.Timeout;

  constructor(limits: MeterLimits) {
    this.frames = new Meter(limits.maxFramesPerSecond);
    this.bytes = new Meter(limits.maxBytesPerSecond);
    this.controlFrames = new Meter(limits.maxControlFramesPerSecond);
    // All rooms at once are a client that is back.
    this.joins = new Meter(limits.maxJoinsPerSecond, Math.max(limits.maxRooms, limits.maxJoinsPerSecond * 2));
    this.signals = new Meter(limits.maxSignalsPerSecond);
    this.#timer = setInterval(() => {
      this.#sweep(performance.now());
    }, SWEEP_MS).unref();
  }

  get told(): ToldRates {
    const { frames, bytes, joins, signals, controlFrames } = this;
    return {
      maxFramesPerSecond: frames.perSecond,
      maxFrameBurst: frames.burst,
      maxBytesPerSecond: bytes.perSecond,
      maxByteBurst: bytes.burst,
      maxJoinsPerSecond: joins.perSecond,
      maxJoinBurst: joins.burst,
      maxSignalsPerSecond: signals.perSecond,
      maxSignalBurst: signals.burst,
      maxControlFramesPerSecond: controlFrames.perSecond,
      maxControlFrameBurst: controlFrames.burst,
    };
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #sweep(now: number): void {
    for (const meter of [this.frames, this.bytes, this.controlFrames, this.joins, this.signals]) meter.sweep(now);
  }
}
