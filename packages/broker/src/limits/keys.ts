import type { KeySpace } from '../redis/keys.ts';

/** What is counted of a subject (scripts/shared-limits.lua.ts). */
export interface LimitNames {
  /** Hash: node to count. */
  readonly counts: string;
  readonly bucket: string;
}

export function limitNames(space: KeySpace, subject: string): LimitNames {
  const base = space.baseOf(subject);
  return { counts: `${base}counts/${subject}`, bucket: `${base}bucket/${subject}` };
}
