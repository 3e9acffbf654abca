/** What a folder is run by: a table in folders.ts says which. */
export interface Suite {
  /** For the list that the command prints. */
  readonly is: string;
  /** Plants every fault, one at a time, and says what came of each. */
  run(options: SuiteOptions): Promise<readonly Mutant[]>;
}

export interface SuiteOptions {
  readonly folder: string;
  /** Root of the repository. */
  readonly directory: string;
  /** Nothing is taken over from an earlier run. */
  readonly isAnew: boolean;
}

/** A fault that was planted. */
export interface Mutant {
  /** From the root of the repository. */
  readonly file: string;
  readonly line: number;
  readonly original: string;
  readonly replacement: string;
  readonly outcome: 'caught' | 'timeout' | 'survived';
}
