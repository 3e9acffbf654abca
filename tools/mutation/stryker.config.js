/**
 * What is the same for every folder; src/mutate-typescript.ts adds the folder.
 *
 * @type {import('@stryker-mutator/api/core').PartialStrykerOptions}
 */
export default {
  plugins: ['@stryker-mutator/vitest-runner'],
  testRunner: 'vitest',
  // `related` would look for tests by their imports: with what goes through services.ts, that is all of them.
  vitest: { configFile: 'tools/mutation/vitest.config.ts', related: false },
  // A string is a name, which types and other tests hold, or words for people, which no test holds to the letter.
  mutator: { excludedMutations: ['StringLiteral'] },
  // What happens once, as a module is loaded, would take a run of all tests: tables and schemas, which tests of settings hold.
  ignoreStatic: true,
  coverageAnalysis: 'perTest',
  concurrency: 1,
  // Beside the time of the tests. What loops for ever is noticed by its turns, and what never comes by the limit of its test; what is
  // merely slow on a busy machine is no fault that was caught.
  timeoutMS: 60_000,
  dryRunTimeoutMinutes: 20,
  disableTypeChecks: false,
  // What tests read, and nothing else: it is copied.
  ignorePatterns: [
    '**',
    '!{packages,services}/**',
    '!tests/support/**',
    '!tools/mutation/**',
    '!docs/*.md',
    '!deploy/room-rules/**',
    '!{package,tsconfig*}.json',
    '**/{dist,node_modules}/**',
  ],
  tempDirName: 'artifacts/mutation/copies',
  incremental: true,
  reporters: ['progress', 'html'],
  logLevel: 'warn',
};
