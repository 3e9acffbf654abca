import type { MutantStatus } from '@stryker-mutator/api/core';

/** Of what a run has found (Stryker's incremental file), as far as it is looked at. */
export interface Report {
  readonly files: Readonly<Record<string, { readonly mutants: readonly { readonly status: MutantStatus }[] }>>;
}

/**
 * What no test had reached is left out, so that it is judged again. Stryker would take that over where no test reaches it now: of what
 * happens as a module is loaded no test does, and it is no fault that counts; that the tests of before did not load it would be.
 */
export function withoutUncovered(report: Report): Report {
  const files = Object.entries(report.files).map(([name, file]) => [
    name,
    { ...file, mutants: file.mutants.filter(({ status }) => status !== 'NoCoverage') },
  ]);
  return { ...report, files: Object.fromEntries(files) as Report['files'] };
}
