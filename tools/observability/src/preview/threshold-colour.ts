import type { ThresholdStep } from './grafana-dashboard.ts';

/** The colour that a value has: that of the last step which it has reached. */
export function thresholdColour(steps: readonly ThresholdStep[], value: number): string | undefined {
  return steps.findLast((step) => step.value === null || value >= step.value)?.color;
}
