import { readdirSync, readFileSync, statSync } from 'node:fs';

import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * In the copy of the repository in which Stryker plants its faults, `node_modules` leads back to the original: packages are taken
 * from the copy instead, or a fault in one would never be met by the tests of another.
 */
const packages = readdirSync('packages').map((name) => ({
  find: new RegExp(`^@outcry/${name}$`),
  replacement: `${process.cwd()}/packages/${name}/src/index.ts`,
}));

const PATIENCE_MS = 5000;
/** Most of what a test waits for is there at once, and what it costs is the wait for the next look. */
const LOOK_EVERY_MS = 5;
/** Of random cases: those that all tests together are made for take ten times as long as everything else. */
const SHARE_OF_RUNS = 0.05;

/** Half a second of books/continuity.test.ts, which takes ten where it is run once. */
const CONTINUITY_CASES = 500;

/** What a test takes a whole gateway from. */
const GATEWAYS = '/testing/create-services.ts';

/** Those first that start no gateway, and the small before the large: what one of them has caught goes to no other. */
class QuickFirst extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const costs = new Map(files.map((file) => [file, costOf(file.moduleId)]));
    return Promise.resolve(files.toSorted((a, b) => (costs.get(a) ?? 0) - (costs.get(b) ?? 0)));
  }
}

function costOf(path: string): number {
  return statSync(path).size * (readFileSync(path, 'utf8').includes(GATEWAYS) ? 1000 : 1);
}

declare module 'vitest' {
  interface ProvidedContext {
    /** As tests/support/patience.ts takes it. */
    patienceMs?: number;
    /** As tests/support/patience.ts takes it. */
    lookEveryMs?: number;
    /** As `randomRuns` takes it, in packages. */
    shareOfRuns?: number;
    /** As books/continuity.test.ts takes it. */
    continuityCases?: number;
  }
}

/** Unit and contract tests as one project, for Stryker alone. */
export default defineConfig({
  resolve: { alias: packages },
  test: {
    include: ['{packages,services}/*/src/**/*.test.ts', 'packages/*/tests/contract/**/*.test.ts'],
    setupFiles: ['tests/support/patience.ts'],
    // A fault may well be that something never comes, and then this is what each costs.
    provide: {
      patienceMs: PATIENCE_MS,
      lookEveryMs: LOOK_EVERY_MS,
      shareOfRuns: SHARE_OF_RUNS,
      continuityCases: CONTINUITY_CASES,
    },
    testTimeout: 15_000,
    expect: { poll: { timeout: PATIENCE_MS } },
    // Each fault runs a few tests out of many files: to load everything anew for each of them would take ten times as long.
    isolate: false,
    sequence: { sequencer: QuickFirst },
  },
});
