import type { Instrument } from '@outcry/client';

type SourceKind = NonNullable<Instrument['kind']>;

/** What is said of prices that no market makes now; of those that one does, nothing needs to be said but that they are live. */
export const KIND_TEXTS: Readonly<
  Record<SourceKind, { readonly badge: string; readonly group: string; readonly title: string }>
> = {
  live: { badge: '', group: 'Live', title: '' },
  simulated: { badge: 'simulated', group: 'Simulated', title: 'These prices are made up' },
  replay: { badge: 'replay', group: 'Replay', title: 'These prices were recorded, and are played back' },
};

const GROUPS: readonly (SourceKind | undefined)[] = ['live', 'replay', 'simulated', undefined];

export interface InstrumentGroup {
  /** Empty where nobody says where the prices come from. */
  readonly label: string;
  readonly instruments: readonly Instrument[];
}

/** Instruments by where their prices come from. */
export function groupByKind(instruments: readonly Instrument[]): readonly InstrumentGroup[] {
  return GROUPS.map((kind) => ({
    label: kind === undefined ? '' : KIND_TEXTS[kind].group,
    instruments: instruments.filter((instrument) => instrument.kind === kind),
  })).filter((group) => group.instruments.length > 0);
}
