import type { ServerFrame } from '@outcry/protocol';

import { Meter } from './meter.ts';

/** Of one connection. 0 is no limit. */
export interface Rates {
  readonly maxFramesPerSecond: number;
  readonly maxBytesPerSecond: number;
  readonly maxControlFramesPerSecond: number;
  readonly maxJoinsPerSecond: number;
  readonly maxSignalsPerSecond: number;
  readonly maxAnswerBytesPerSecond: number;
  readonly maxCallsPerSecond: number;
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
  | 'maxAnswerBytesPerSecond'
  | 'maxAnswerByteBurst'
  | 'maxCallsPerSecond'
  | 'maxCallBurst'
>;

const SWEEP_MS = 2000;

/** Seconds' worth of answers that may come at once: with the default, all that a room keeps, of the largest messages. */
const ANSWER_BURST_SECONDS = 16;

/** How fast one connection may do what it does; 0 is no limit. */
export class Meters {
  readonly frames: Meter;
  readonly bytes: Meter;
  readonly controlFrames: Meter;
  readonly joins: Meter;
  readonly signals: Meter;
  /** Bytes of answers, which are counted when they have been sent. */
  readonly answers: Meter;
  /** Of the operator's server. */
  readonly calls: Meter;
  readonly #timer: NodeJS.Timeout;

  constructor(limits: MeterLimits) {
    this.frames = new Meter(limits.maxFramesPerSecond);
    this.bytes = new Meter(limits.maxBytesPerSecond);
    this.controlFrames = new Meter(limits.maxControlFramesPerSecond);
    // All rooms at once are a client that is back.
    this.joins = new Meter(limits.maxJoinsPerSecond, Math.max(limits.maxRooms, limits.maxJoinsPerSecond * 2));
    this.signals = new Meter(limits.maxSignalsPerSecond);
    this.answers = new Meter(limits.maxAnswerBytesPerSecond, limits.maxAnswerBytesPerSecond * ANSWER_BURST_SECONDS);
    this.calls = new Meter(limits.maxCallsPerSecond);
    this.#timer = setInterval(() => {
      this.#sweep(performance.now());
    }, SWEEP_MS).unref();
  }

  get told(): ToldRates {
    const { frames, bytes, joins, signals, controlFrames, answers, calls } = this;
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
      maxAnswerBytesPerSecond: answers.perSecond,
      maxAnswerByteBurst: answers.burst,
      maxCallsPerSecond: calls.perSecond,
      maxCallBurst: calls.burst,
    };
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #sweep(now: number): void {
    const { frames, bytes, controlFrames, joins, signals, answers, calls } = this;
    for (const meter of [frames, bytes, controlFrames, joins, signals, answers, calls]) meter.sweep(now);
  }
}
