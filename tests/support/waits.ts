import { vi } from 'vitest';

/** Vitest's own: a setup file runs for each file of tests, and this once in a process. */
export const { waitFor, waitUntil } = vi;
