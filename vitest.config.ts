import { env } from 'node:process';
import { fileURLToPath } from 'node:url';

import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';

/** Tests start services from their sources again and again: what Node has made of these once, it has for all of them. */
env['NODE_COMPILE_CACHE'] ??= fileURLToPath(new URL('node_modules/.cache/outcry/compiled', import.meta.url));

/** As long as a busy machine needs for what comes at once; nobody who passes waits for it. */
const patient = {
  expect: { poll: { timeout: 20_000 } },
  setupFiles: ['tests/support/patience.ts'],
};

/**
 * Most take milliseconds; a few put as much into something as it may hold. By itself Vitest leaves one processor free, which of two is
 * half of them.
 */
const quick = { ...patient, testTimeout: 30_000, maxWorkers: 2 } as const;

/** Without a process for each of four hundred files, which costs more than what they test. */
const inOneProcess = {
  ...quick,
  isolate: false,
  setupFiles: [...patient.setupFiles, 'tests/support/put-back.ts'],
};

/** Its tests make a browser of the process that they run in. */
const NEEDS_A_DOM = 'packages/react/src/**/*.test.ts';

/** Suites that start Redis, services or a browser: with time to start them. */
const system = { ...patient, testTimeout: 120_000, hookTimeout: 180_000 } as const;

/** They mostly wait for a few services, so three files at a time: one more than there are processors in CI. */
const together = { ...system, maxWorkers: 3, sequence: { groupOrder: 1 } } as const;

/** One file at a time. */
const alone = { ...system, fileParallelism: false } as const;

/** Whole clusters, browsers, and what counts the processor's time or the kernel's buffers. */
const NEEDS_THE_MACHINE = 'tests/e2e/{browser,compose,haproxy,page-*,*slow-reader,reading-the-past}.test.ts';

/** The table of what a client can cost others: minutes long, and begun only by `npm run test:security -- costs`. */
const costs: TestProjectInlineConfiguration = {
  test: {
    name: 'costs',
    include: ['tests/security/costs/**/*.test.ts'],
    ...alone,
    globalSetup: ['tests/security/costs/support/table.ts'],
    testTimeout: 300_000,
  },
};

/** Redis Clusters whose servers are killed and added: minutes long, and begun only by `npm run test:cluster`. */
const cluster: TestProjectInlineConfiguration = {
  test: {
    name: 'cluster',
    include: ['packages/broker/tests/cluster/**/*.test.ts', 'tests/cluster/**/*.test.ts'],
    ...alone,
  },
};

/** Dashboards and alerts over a real cluster and a real Prometheus: minutes long, and begun only by `npm run test:observability`. */
const observability: TestProjectInlineConfiguration = {
  test: {
    name: 'observability',
    include: ['tests/observability/**/*.test.ts'],
    ...alone,
    testTimeout: 300_000,
  },
};

/** The chart and the manifests under real tools, which it may have to build: begun only by `npm run test:deploy`. */
const deploy: TestProjectInlineConfiguration = {
  test: {
    name: 'deploy',
    include: ['tests/deploy/**/*.test.ts'],
    ...alone,
    globalSetup: ['tests/deploy/support/prepare.ts'],
    testTimeout: 300_000,
  },
};

/** Topics of a real Kafka, whose programs Maven fetches: begun only by `npm run test:kafka`. */
const kafka: TestProjectInlineConfiguration = {
  test: {
    name: 'kafka',
    include: ['services/inbound/tests/kafka/**/*.test.ts'],
    ...alone,
    globalSetup: ['services/inbound/tests/kafka/support/broker-jars.ts'],
  },
};

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            '{packages,services,apps,tools}/*/src/**/*.test.ts',
            'bench/src/**/*.test.ts',
            'tests/support/*.test.ts',
          ],
          exclude: [NEEDS_A_DOM],
          ...inOneProcess,
        },
      },
      { test: { name: 'unit-dom', include: [NEEDS_A_DOM], ...quick } },
      {
        test: {
          name: 'contract',
          include: ['packages/*/tests/contract/**/*.test.ts'],
          ...inOneProcess,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['{packages,services,tools}/*/tests/integration/**/*.test.ts'],
          ...together,
        },
      },
      { test: { name: 'conformance', include: ['tests/conformance/**/*.test.ts'], ...together } },
      {
        test: {
          name: 'identity',
          include: ['tests/identity/**/*.test.ts'],
          ...together,
          globalSetup: ['tests/identity/support/table.ts'],
        },
      },
      {
        test: { name: 'e2e', include: ['tests/e2e/**/*.test.ts'], exclude: [NEEDS_THE_MACHINE], ...together },
      },
      { test: { name: 'e2e-alone', include: [NEEDS_THE_MACHINE], ...alone, sequence: { groupOrder: 2 } } },
      {
        // Beside anything else, a browser would be late for reasons of its own.
        test: {
          name: 'browser',
          include: ['tests/browser/**/*.test.ts'],
          ...alone,
          sequence: { groupOrder: 3 },
        },
      },
      {
        test: {
          name: 'security',
          include: ['tests/security/**/*.test.ts'],
          exclude: ['tests/security/costs/**'],
          ...alone,
          globalSetup: ['tests/security/support/table.ts'],
          sequence: { groupOrder: 5 },
        },
      },
      {
        test: {
          name: 'scenario',
          include: ['tests/scenario/**/*.test.ts'],
          ...alone,
          globalSetup: ['tests/scenario/support/table.ts'],
          // They measure times, so nothing else may run beside them.
          sequence: { groupOrder: 4 },
        },
      },
      ...(env['OUTCRY_COSTS'] === undefined ? [] : [costs]),
      ...(env['OUTCRY_CLUSTER'] === undefined ? [] : [cluster]),
      ...(env['OUTCRY_OBSERVABILITY'] === undefined ? [] : [observability]),
      ...(env['OUTCRY_DEPLOY'] === undefined ? [] : [deploy]),
      ...(env['OUTCRY_KAFKA'] === undefined ? [] : [kafka]),
    ],
  },
});
