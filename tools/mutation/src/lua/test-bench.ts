import { createVitest, type TestSuite, type Vitest } from 'vitest/node';
import type { Planted } from './planted.suite.ts';
import type { Suite } from './suites.ts';

/** A test that waits for what never comes costs so much, twice. A test that passes takes no second, but for a few. */
const TEST_TIMEOUT_MS = 12_000;
const POLL_TIMEOUT_MS = 6000;

/**
 * Runs tests on scripts in which something is planted. Vitest is started once, and what the tests are made of is loaded once
 * for many mutants: each takes little more than its tests do until one of them fails.
 */
export class TestBench {
  readonly #vitest: Vitest;

  private constructor(vitest: Vitest) {
    this.#vitest = vitest;
  }

  static async open(root: string): Promise<TestBench> {
    const vitest = await createVitest({
      root,
      config: false,
      watch: false,
      reporters: [{}],
      include: ['tools/mutation/src/lua/planted.suite.ts'],
      setupFiles: ['tests/support/patience.ts'],
      // A container takes seconds to start, and each test file has a Redis of its own.
      env: { OUTCRY_TEST_REDIS: 'server' },
      fileParallelism: false,
      // A busy machine fails a test as well, but hardly twice.
      retry: 1,
      testTimeout: TEST_TIMEOUT_MS,
      expect: { poll: { timeout: POLL_TIMEOUT_MS } },
      hookTimeout: 60_000,
    });
    vitest.provide('root', root);
    await vitest.standalone();
    return new TestBench(vitest);
  }

  /** For each mutant the first test that notices it, and how; or undefined. */
  async run(planted: readonly Planted[], suites: readonly Suite[]): Promise<readonly (string | undefined)[]> {
    this.#vitest.provide('planted', planted);
    this.#vitest.provide(
      'suites',
      suites.map(({ file }) => ({ file })),
    );
    const project = this.#vitest.getRootProject();
    const path = new URL('planted.suite.ts', import.meta.url).pathname;
    const testNamePattern = new RegExp(
      suites
        .map(({ file, tests }) => String.raw`^#\d+ > ${file.replaceAll('.', String.raw`\.`)} > ${tests?.source ?? ''}`)
        .join('|'),
    );
    const { testModules } = await this.#vitest.runTestSpecifications([
      project.createSpecification(path, { testNamePattern }),
    ]);
    const results = [...(testModules[0]?.children.suites() ?? [])];
    if (results.length !== planted.length) {
      throw new Error(`the tests could not be loaded: ${JSON.stringify(testModules[0]?.errors() ?? [])}`);
    }
    return results.map(findNotice);
  }

  close(): Promise<void> {
    return this.#vitest.close();
  }
}

function findNotice(mutant: TestSuite): string | undefined {
  const tests = [...mutant.children.allTests()];
  const failed = tests.find((test) => test.result().state === 'failed');
  if (failed !== undefined) {
    const why = failed.result().errors?.[0]?.message.split('\n')[0] ?? '';
    return `${failed.fullName.split(' > ').slice(2).join(' > ')}: ${why}`;
  }
  const broken = [...mutant.children.allSuites()].find((suite) => suite.errors().length > 0);
  if (broken !== undefined) return `around the tests of ${broken.name}: ${broken.errors()[0]?.message ?? ''}`;
  if (!tests.some((test) => test.result().state === 'passed')) throw new Error(`${mutant.name}: no test was run`);
  return undefined;
}
