import { defineConfig } from 'vitest/config';

/** Suites that start Redis, services or a browser: one file at a time, with time to start them. */
const system = { testTimeout: 120_000, hookTimeout: 180_000, fileParallelism: false } as const;

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{packages,services,apps,tools}/*/src/**/*.test.ts', 'bench/src/**/*.test.ts'],
        },
      },
      { test: { name: 'contract', include: ['packages/*/tests/contract/**/*.test.ts'], testTimeout: 30_000 } },
      {
        test: {
          name: 'integration',
          include: ['{packages,services,tools}/*/tests/integration/**/*.test.ts'],
          ...system,
        },
      },
      { test: { name: 'conformance', include: ['tests/conformance/**/*.test.ts'], ...system } },
      { test: { name: 'e2e', include: ['tests/e2e/**/*.test.ts'], ...system } },
      {
        test: {
          name: 'scenario',
          include: ['tests/scenario/**/*.test.ts'],
          ...system,
          globalSetup: ['tests/scenario/support/table.ts'],
          // They measure times, so nothing else may run beside them.
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
