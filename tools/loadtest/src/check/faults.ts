/** What went wrong with deliveries. All but the last break a promise of the protocol; a gap was announced, as it says. */
export interface Faults {
  /** Numbers that never came although later ones did, or although the message was acknowledged. */
  readonly lost: number;
  /** Deliveries of what the client had already. */
  readonly repeated: number;
  /** Deliveries behind one with a greater number. */
  readonly inverted: number;
  /** Deliveries of what nobody has published: another text, another room's, or not of this run. */
  readonly altered: number;
  /** Messages that stand under a second number. */
  readonly doubled: number;
  /** Numbers under which two members were sent different messages, or a publisher was told of another one than came. */
  readonly conflicting: number;
  /** Messages that were acknowledged and came to nobody under any number. */
  readonly undelivered: number;
  /** Times that the deployment said that continuity is broken: a `reset`, or a resume that could not be had. */
  readonly gaps: number;
}

export const NO_FAULTS: Faults = {
  lost: 0,
  repeated: 0,
  inverted: 0,
  altered: 0,
  doubled: 0,
  conflicting: 0,
  undelivered: 0,
  gaps: 0,
};

export function addFaults(a: Faults, b: Faults): Faults {
  return {
    lost: a.lost + b.lost,
    repeated: a.repeated + b.repeated,
    inverted: a.inverted + b.inverted,
    altered: a.altered + b.altered,
    doubled: a.doubled + b.doubled,
    conflicting: a.conflicting + b.conflicting,
    undelivered: a.undelivered + b.undelivered,
    gaps: a.gaps + b.gaps,
  };
}

/** Whether every number was there, once and in order; announced gaps aside. */
export function isInSequence({ lost, repeated, inverted }: Faults): boolean {
  return lost + repeated + inverted === 0;
}

/** Whether each message was what had been published, at one place. */
export function isUnchanged({ altered, doubled, conflicting, undelivered }: Faults): boolean {
  return altered + doubled + conflicting + undelivered === 0;
}
