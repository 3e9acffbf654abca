/** A fault that somebody has planted by hand, and that once went through the tests. */
export interface Fault {
  /** To ask for it by. */
  readonly name: string;
  /** What somebody would feel. */
  readonly felt: string;
  /** From the root of the repository, as is the test's. */
  readonly file: string;
  /** Stands once in the file. */
  readonly from: string;
  readonly to: string;
  readonly test: {
    readonly file: string;
    /** The end of its full name, in which ` > ` stands between its parts. */
    readonly name: string;
  };
}
