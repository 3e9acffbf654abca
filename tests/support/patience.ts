import { inject, vi } from 'vitest';

import { waitFor, waitUntil } from './waits.ts';

/**
 * How long `vi.waitFor` and `vi.waitUntil` wait where a test does not say it: Vitest's own second is less than what a busy
 * machine has stood still for. A test that passes never waits so long. (`expect.poll` has its own in vitest.config.ts.)
 */
export const PATIENCE_MS = inject('patienceMs') ?? 20_000;

/** How often they look meanwhile. */
const LOOK_EVERY_MS = inject('lookEveryMs') ?? 50;

declare module 'vitest' {
  interface ProvidedContext {
    /** Where tests are run to see them fail, nobody waits so long. */
    patienceMs?: number;
    /** Where tests are run very often, nobody waits for the next look. */
    lookEveryMs?: number;
  }
}

type Options = number | { readonly timeout?: number; readonly interval?: number } | undefined;

function patient(options: Options): Options {
  const stated = typeof options === 'number' ? { timeout: options } : options;
  return { timeout: PATIENCE_MS, interval: LOOK_EVERY_MS, ...stated };
}

vi.waitFor = (callback, options) => waitFor(callback, patient(options));
vi.waitUntil = (callback, options) => waitUntil(callback, patient(options));
