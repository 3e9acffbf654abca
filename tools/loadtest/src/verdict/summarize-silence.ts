import { longestPlannedSilenceMs } from '../plan/planned-silence.ts';
import type { Plan } from '../plan/plan.ts';
import type { SilenceSummary } from './outcome.ts';

/** Sums up the longest silence of each that listened. */
export function summarizeSilence(
  silencesMs: readonly number[],
  { plan, maxSilenceMs }: { readonly plan: Plan; readonly maxSilenceMs: number },
): SilenceSummary {
  const plannedMs = longestPlannedSilenceMs(plan);
  const limitMs = plannedMs + maxSilenceMs;
  const sorted = silencesMs.toSorted((a, b) => a - b);
  return {
    listeners: sorted.length,
    plannedMs,
    medianMs: sorted[Math.floor(sorted.length / 2)] ?? null,
    longestMs: sorted.at(-1) ?? null,
    limitMs,
    past: sorted.filter((silenceMs) => silenceMs > limitMs).length,
  };
}
