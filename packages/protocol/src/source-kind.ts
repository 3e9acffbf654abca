/** Where a book comes from: made up, played back, or a market that trades now. */
export const SourceKind = { Simulated: 'simulated', Replay: 'replay', Live: 'live' } as const;
export type SourceKind = (typeof SourceKind)[keyof typeof SourceKind];

const KINDS: ReadonlySet<unknown> = new Set(Object.values(SourceKind));

export function isSourceKind(value: unknown): value is SourceKind {
  return KINDS.has(value);
}
