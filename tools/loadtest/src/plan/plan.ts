import type { Scenario } from './scenario.ts';

/** Messages per second over all publishers: steady where both are the same, else rising or falling evenly. */
export interface Rate {
  readonly from: number;
  readonly to: number;
}

export const EncodingMix = { Json: 'json', Msgpack: 'msgpack', Mixed: 'mixed' } as const;
export type EncodingMix = (typeof EncodingMix)[keyof typeof EncodingMix];

/** Everything that says what one scenario does. Plain data: it goes to the worker threads, and into the report. */
export interface Plan {
  readonly scenario: Scenario;
  /** In the names of the rooms, so that runs do not meet. */
  readonly runId: string;
  readonly urls: readonly string[];
  readonly connections: number;
  readonly workers: number;
  readonly encoding: EncodingMix;
  /** From the first connection to the last. */
  readonly rampMs: number;
  readonly durationMs: number;
  /** How long nothing may come at the end before what was acknowledged and has not arrived counts as lost. */
  readonly settleMs: number;
  readonly rooms: number;
  readonly publishers: number;
  readonly rate: Rate;
  /** Bytes of a message's payload, about. */
  readonly sizeBytes: number;
  readonly books: BookPlan;
  readonly churn: ChurnPlan;
  readonly slow: SlowPlan;
}

export interface BookPlan {
  readonly symbols: readonly string[];
  readonly depth: number;
  readonly intervalMs: number;
  /** How many of the symbols each connection watches. */
  readonly perConnection: number;
}

export interface ChurnPlan {
  /** How long a member stays on average. */
  readonly stayMs: number;
  /** How long it is away at most. */
  readonly awayMs: number;
}

export interface SlowPlan {
  /** 0 to 1: how many of the connections are slow. */
  readonly share: number;
  /** How long they read nothing at a stretch. */
  readonly pauseMs: number;
}

/** What lets the generator in. Apart from the plan, which is printed and stored. */
export interface Access {
  /** Dealt out in turn; without any, all are guests. */
  readonly tokens: readonly string[];
  /** Takes certificates that nobody vouches for. */
  readonly isInsecure: boolean;
}
