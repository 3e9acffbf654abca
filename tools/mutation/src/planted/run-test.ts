import { createVitest } from 'vitest/node';

import type { Fault } from './fault.ts';
import { plantInSource } from './plant-in-source.ts';

/** How long a test waits for what a fault keeps from coming. */
const PATIENCE_MS = 10_000;
const TIMEOUT_MS = 30_000;

export type Outcome = 'passed' | 'failed' | 'not been found';

/** Runs one test, with the fault in what it loads. Files stay as they are: what is read is changed on its way to the test. */
export async function runTest(root: string, test: Fault['test'], fault: Fault | undefined): Promise<Outcome> {
  const plant = {
    name: 'plant',
    enforce: 'pre' as const,
    transform: (source: string, id: string) =>
      fault !== undefined && id === `${root}/${fault.file}` ? plantInSource(source, fault) : undefined,
  };
  const vitest = await createVitest(
    {
      root,
      config: false,
      watch: false,
      // What is planted must not be found there by others, nor what they have left be taken for it.
      fsModuleCache: false,
      reporters: [{}],
      include: [test.file],
      testNamePattern: new RegExp(`(^| > )${escape(test.name)}$`),
      setupFiles: ['tests/support/patience.ts'],
      // A container takes seconds to start.
      env: { OUTCRY_TEST_REDIS: 'server' },
      provide: { patienceMs: PATIENCE_MS },
      testTimeout: TIMEOUT_MS,
      hookTimeout: 2 * TIMEOUT_MS,
    },
    { plugins: [plant] },
  );
  try {
    const { testModules } = await vitest.start();
    const states = testModules.flatMap(({ children }) => [...children.allTests()].map((each) => each.result().state));
    if (states.includes('failed')) return 'failed';
    return states.includes('passed') ? 'passed' : 'not been found';
  } finally {
    await vitest.close();
  }
}

function escape(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
