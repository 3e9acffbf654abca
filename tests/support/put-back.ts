import { afterAll, vi } from 'vitest';

/** Where files of tests share a process, none leaves its clock, globals or environment to the next. */
afterAll(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
});
