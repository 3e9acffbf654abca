import type { TrialResult } from '../measure/trial.ts';

/** The latency past which a rate counts as more than a server can do. */
export const MAX_P99_MS = 50;

/** The part of a core from which the event loop of the generator is no longer trusted to keep up. */
const MAX_GENERATOR_SHARE = 0.95;
/** The part of the wanted rate that the publisher must reach. */
const MIN_RATE = 0.97;

/** What of a run says whether its figures stand for the server. */
export type Judged = Pick<TrialResult, 'membersShare' | 'publisherShare' | 'lost' | 'publishedPerSecond'>;

/** Why the figures of a run do not stand for the server; undefined where they do. */
export function refusalOf({ membersShare, publisherShare, lost }: Judged): string | undefined {
  if (membersShare > MAX_GENERATOR_SHARE) return 'refused: the members’ process was saturated';
  if (publisherShare > MAX_GENERATOR_SHARE) return 'refused: the publisher’s process was saturated';
  return lost < 0 ? `refused: ${String(-lost)} deliveries too many were counted` : undefined;
}

/** A run in a word or two. */
export function judgeTrial(result: Judged, messagesPerSecond: number): string {
  const refusal = refusalOf(result);
  if (refusal !== undefined) return refusal;
  if (result.lost > 0) return `${String(result.lost)} deliveries missing`;
  return result.publishedPerSecond < messagesPerSecond * MIN_RATE ? 'publisher held back' : 'all arrived';
}
