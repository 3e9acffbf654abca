/** The last commit before gateways and clients learned to move (decision 97): what is released before anything is called a release. */
export const FORMER_COMMIT = '5467739';

/** A test that cannot pass in a mixture, and why. */
export interface Exception {
  /** Of the file, from the project's folder. */
  readonly file: string;
  /** What the whole name of the test contains; all of the file where it is left out. */
  readonly name?: string;
  readonly why: string;
}

export interface Mixture {
  readonly name: string;
  /** Whose tests run: with them come the client library, the terminal and the clients that they are. */
  readonly tests: 'former' | 'present';
  readonly services: 'former' | 'present';
  readonly exceptions: readonly Exception[];
}

export const MIXTURES: readonly Mixture[] = [
  {
    name: 'former clients on present services',
    tests: 'former',
    services: 'present',
    exceptions: [
      {
        file: 'tests/conformance/errors.test.ts',
        name: 'a request of an unknown type, msgpack is answered by unknownType',
        why: 'the number that it takes for unknown is that of `call`, which came later',
      },
    ],
  },
];

/** What is run of each: the whole wire. */
export const SUITES: readonly (readonly [project: string, ...files: string[]])[] = [['conformance']];
