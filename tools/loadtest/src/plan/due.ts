import type { Plan, Rate } from './plan.ts';

export type Schedule = Pick<Plan, 'rate' | 'durationMs'>;

const MS_PER_SECOND = 1000;

/** Messages that are due after some time: what the rate gives, added up. */
export function dueBy(elapsedMs: number, { rate, durationMs }: Schedule): number {
  const elapsed = Math.min(elapsedMs, durationMs);
  return (elapsed * (rate.from + (slopeOf({ rate, durationMs }) * elapsed) / 2)) / MS_PER_SECOND;
}

/** How long so many messages take where they are rarest, which is at the slower end of the load; at most all of it. */
export function longestTimeOf(messages: number, { rate, durationMs }: Schedule): number {
  const rising: Rate = { from: Math.min(rate.from, rate.to), to: Math.max(rate.from, rate.to) };
  const slope = slopeOf({ rate: rising, durationMs });
  const area = messages * MS_PER_SECOND;
  // Where dueBy, a parabola, gets so far.
  const time =
    slope === 0 ? area / rising.from : (Math.sqrt(rising.from ** 2 + 2 * slope * area) - rising.from) / slope;
  return Math.min(time, durationMs);
}

/** Messages per second that are added each millisecond. */
function slopeOf({ rate, durationMs }: Schedule): number {
  return durationMs === 0 ? 0 : (rate.to - rate.from) / durationMs;
}
