import type { KnownSurvivors } from './report.ts';

/** What is planted, is noticed by no test, and does no harm: why, in a sentence. */
export const SURVIVORS: KnownSurvivors = {};
