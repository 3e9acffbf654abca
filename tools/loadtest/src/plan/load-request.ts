import type { EncodingMix, Rate } from './plan.ts';

/** The load as it was asked for; what is absent is the scenario's default. */
export interface LoadRequest {
  readonly urls: readonly string[];
  readonly connections?: number;
  readonly rate?: Rate;
  readonly durationMs: number;
  readonly rampMs: number;
  readonly settleMs: number;
  readonly rooms?: number;
  readonly publishers?: number;
  readonly sizeBytes?: number;
  readonly encoding: EncodingMix;
  readonly workers?: number;
  readonly symbols?: readonly string[];
  readonly depth: number;
  readonly intervalMs: number;
  readonly booksPerConnection: number;
  readonly stayMs: number;
  readonly awayMs: number;
  readonly slowShare: number;
  readonly slowPauseMs: number;
}
