import { z } from 'zod';

import { BreakerState } from '../observability/hook-metrics.ts';
import type { HookClient } from './hook-client.ts';
import { HookName } from './settings.ts';

const count = z.int().nonnegative();
const ms = z.number().nonnegative().optional();

/** How one hook is on one gateway. */
export const hookStory = z.object({
  hook: z.enum(HookName),
  url: z.string().meta({ description: 'Who is asked; without what is behind a `?`.' }),
  state: z.enum(BreakerState).meta({
    description:
      '`open`: nobody is asked, as most answers failed. `half-open`: one question tries whether that is over.',
  }),
  since: z.string().optional().meta({ description: 'ISO 8601: since when it is closed, or is not.' }),
  inFlight: count,
  maxInFlight: count,
  recent: z
    .object({ asked: count, failed: count, medianMs: ms, p95Ms: ms, slowestMs: ms, lastAt: z.int().optional() })
    .meta({ description: 'The last 128 questions. Times are of those that were sent.' }),
  lastFailure: z.object({ at: z.int(), kind: z.string(), message: z.string() }).optional(),
  outcomes: z.record(z.string(), count).meta({ description: 'Since the gateway started.' }),
});

export type HookStory = z.output<typeof hookStory>;

/** As `/status` has it. */
interface HookCheck {
  readonly name: string;
  readonly part?: string | undefined;
  readonly since: string;
}

/** @param checks what is said of each since when */
export async function tellHook(client: HookClient, checks: readonly HookCheck[]): Promise<HookStory> {
  const { hook, url, state, inFlight, maxInFlight, recent } = client;
  const { lastFailure } = recent;
  const since = checks.find(({ name, part }) => name === 'hook' && part === hook)?.since;
  const { origin, pathname } = new URL(url);
  return {
    ...{ hook, url: `${origin}${pathname}`, state, inFlight, maxInFlight, recent: { ...recent.figures } },
    ...(since === undefined ? {} : { since }),
    ...(lastFailure === undefined ? {} : { lastFailure: { ...lastFailure } }),
    outcomes: { ...(await client.countOutcomes()) },
  };
}
