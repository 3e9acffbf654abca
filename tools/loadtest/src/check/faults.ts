/** What went wrong with deliveries. The first three break the promise of the protocol; a gap was announced, as it says. */
export interface Faults {
  /** Numbers that never came although later ones did, or although the message was acknowledged. */
  readonly lost: number;
  /** Deliveries of what the client had already. */
  readonly repeated: number;
  /** Deliveries behind one with a greater number. */
  readonly inverted: number;
  /** Times that the deployment said that continuity is broken: a `reset`, or a resume that could not be had. */
  readonly gaps: number;
}

export const NO_FAULTS: Faults = { lost: 0, repeated: 0, inverted: 0, gaps: 0 };

export function addFaults(a: Faults, b: Faults): Faults {
  return {
    lost: a.lost + b.lost,
    repeated: a.repeated + b.repeated,
    inverted: a.inverted + b.inverted,
    gaps: a.gaps + b.gaps,
  };
}

/** Whether every delivery was as promised; announced gaps aside. */
export function isWhole({ lost, repeated, inverted }: Faults): boolean {
  return lost + repeated + inverted === 0;
}
