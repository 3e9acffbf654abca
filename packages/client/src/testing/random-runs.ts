import { inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where tests are run to see them fail, a part of their random cases has to do. */
    shareOfRuns?: number;
  }
}

/** How many random cases to run, of so many. */
export function randomRuns(count: number): number {
  return Math.ceil(count * (inject('shareOfRuns') ?? 1));
}
