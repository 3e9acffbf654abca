import { CLOSE_CODES } from '@outcry/protocol';

/** The protocol's, and those that IANA has registered: a client, or what stands before it, may close with any. */
const KNOWN: ReadonlySet<number> = new Set([
  ...Object.values(CLOSE_CODES).map(({ code }) => code),
  ...[1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014],
]);

/** Every value that `closeCodeLabel` gives. */
export const CLOSE_CODE_LABELS: readonly string[] = [...KNOWN, 'other'].map(String);

/** Codes that nobody has agreed on count as one. */
export function closeCodeLabel(code: number): string {
  return KNOWN.has(code) ? String(code) : 'other';
}
