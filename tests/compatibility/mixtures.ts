/** The last commit before gateways and clients learned to move (decision 97): what is released before anything is called a release. */
export const FORMER_COMMIT = '5467739';

/** A commit of before, or what is committed now. */
export type Age = 'former' | 'present';

/** A test that cannot pass in a mixture, and why. */
export interface Exception {
  /** Of the file, from the project's folder. */
  readonly file: string;
  /** What the whole name of the test contains; all of the file where it is left out. */
  readonly name?: string;
  readonly why: string;
  /** It passes where the machine has nothing else to do: a fault of the test of then, which has been mended since. */
  readonly isUnsteady?: true;
}

export interface Mixture {
  readonly name: string;
  /** Whose tests run: with them come the client library, the page, the terminal and the clients that they are. */
  readonly tests: Age;
  /** Whose services they start; of both, turn about in each cluster. */
  readonly services: Age | 'both';
  readonly suites: readonly Suite[];
  readonly exceptions: readonly Exception[];
}

/** Projects of Vitest, and the files of them that are run: all where none is named. */
export interface Suite {
  readonly projects: readonly string[];
  readonly files?: readonly string[];
}

/** The whole wire, and the whole system. */
const WIRE: Suite = { projects: ['conformance'] };
const EVERYTHING: readonly Suite[] = [WIRE, { projects: ['e2e', 'e2e-alone'] }];

/** Where several gateways have one Redis: what one relays, numbers or is told, the others show, and clients go from one to another. */
const CLUSTERS: readonly Suite[] = [
  {
    projects: ['e2e', 'e2e-alone'],
    files: [
      'tests/e2e/rooms-across-gateways.test.ts',
      'tests/e2e/client.test.ts',
      'tests/e2e/client-books.test.ts',
      'tests/e2e/client-tokens.test.ts',
      'tests/e2e/connection-limits.test.ts',
      'tests/e2e/haproxy.test.ts',
      'tests/e2e/page-in-cluster.test.ts',
      'tests/e2e/recording.test.ts',
      'tests/e2e/sentinel.test.ts',
    ],
  },
  { projects: ['scenario'] },
];

/** Tests of one side alone, whatever it meets. */
export const ALONE: readonly Exception[] = [
  { file: 'tests/e2e/compose.test.ts', why: 'it builds images of the sources that it lies beside' },
  { file: 'tests/e2e/alerts.test.ts', why: 'rules of Prometheus, without a service' },
  { file: 'tests/e2e/react-package.test.ts', why: 'packs, and compiles' },
];

/** What the former commit's own tests of the wire cannot, whatever they meet. */
const FORMER_WIRE: readonly Exception[] = [
  {
    file: 'tests/conformance/errors.test.ts',
    name: 'a request of an unknown type, msgpack is answered by unknownType',
    why: 'the number that it takes for unknown is that of `call`, which came later',
  },
  ...['pings', 'pongs'].map((frames) => ({
    file: 'tests/conformance/limits.test.ts',
    name: `tell who sends ${frames} too fast`,
    why: 'it still writes when the gateway closes, and a reset takes away what that has said',
    isUnsteady: true as const,
  })),
];

/** What the former commit's tests of the whole system expect of services in words that are others now. */
const FORMER_WORDS: readonly Exception[] = [
  {
    file: 'tests/e2e/failed-starts.test.ts',
    name: 'says so in one sentence of a node of a Redis Cluster',
    why: 'clusters were refused; now the sentence says how their URL is written',
  },
  {
    file: 'tests/e2e/storage-full.test.ts',
    name: 'lets gateways and publishers start',
    why: 'a check of `/readyz` names its Redis with the scheme',
  },
  {
    file: 'tests/e2e/storage-full.test.ts',
    name: 'lets a gateway start and show what is stored',
    why: 'it needs the Redis that the one before it empties at its end',
    isUnsteady: true,
  },
];

export const MIXTURES: readonly Mixture[] = [
  {
    name: 'former clients on present services',
    tests: 'former',
    services: 'present',
    suites: EVERYTHING,
    exceptions: [...FORMER_WIRE, ...FORMER_WORDS],
  },
  {
    name: 'present clients on former services',
    tests: 'present',
    services: 'former',
    suites: EVERYTHING,
    exceptions: [],
  },
  {
    name: 'present clients on former and present services side by side',
    tests: 'present',
    services: 'both',
    suites: [WIRE, ...CLUSTERS],
    exceptions: [],
  },
  {
    name: 'former clients on former and present services side by side',
    tests: 'former',
    services: 'both',
    suites: CLUSTERS,
    exceptions: [],
  },
];
