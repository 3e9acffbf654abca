import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';

import type { MutantResult, MutantStatus, PartialStrykerOptions } from '@stryker-mutator/api/core';
import { Stryker } from '@stryker-mutator/core';

import type { Mutant, Suite, SuiteOptions } from './suite.ts';
import { type Report, withoutUncovered } from './uncovered.ts';

export interface TypeScriptSuite {
  readonly is: string;
  /** Folders whose sources are changed, or single files, from the root of the repository. */
  readonly sources: readonly string[];
  /** Those of them that another suite changes. */
  readonly without?: readonly string[];
  /** Folders whose tests may catch it, or single files of tests. */
  readonly tests: readonly string[];
}

const TEST = '.test.ts';
/** What a test takes a whole gateway from. */
const GATEWAYS = '/testing/create-services.ts';

/** What counts, by what Stryker calls it. What cannot run at all was no fault that a test could have caught. */
const OUTCOMES: Readonly<Partial<Record<MutantStatus, Mutant['outcome']>>> = {
  Killed: 'caught',
  Timeout: 'timeout',
  Survived: 'survived',
  NoCoverage: 'survived',
};

/**
 * Plants faults in TypeScript, by Stryker over Vitest: docs/decisions/0048-mutants.md. A test that starts a gateway loads all of it, for
 * each fault anew: where nothing is known of any fault yet, those go to the other tests first, and what these have not caught to all.
 */
export function mutateTypeScript(suite: TypeScriptSuite): Suite {
  return {
    is: suite.is,
    async run(options) {
      // As they are when the run begins: they may be edited before it ends.
      const texts = new Map(filesOf(suite.sources).map((file) => [file, readFileSync(file, 'utf8')]));
      const tests = filesOf(suite.tests).filter((file) => file.endsWith(TEST));
      const quick = tests.filter((test) => !readFileSync(test, 'utf8').includes(GATEWAYS));
      const isNew = options.isAnew || !existsSync(resultsOf(options));
      const isTwofold = isNew && quick.length > 0 && quick.length < tests.length;
      const plant = (how: { readonly tests: readonly string[]; readonly isAnew: boolean }): Promise<MutantResult[]> => {
        forgetUncovered(resultsOf(options));
        return new Stryker(strykerOptions(suite, { ...options, ...how })).runMutationTest();
      };
      if (isTwofold) await plant({ tests: quick, isAnew: options.isAnew });
      const results = await plant({ tests, isAnew: options.isAnew && !isTwofold });
      return results.flatMap((result) => {
        const outcome = OUTCOMES[result.status];
        const file = relative(options.directory, result.fileName);
        return outcome === undefined ? [] : [{ ...toPlace(result, texts.get(file)), file, outcome }];
      });
    },
  };
}

function strykerOptions(
  { sources, without = [] }: TypeScriptSuite,
  options: SuiteOptions & { readonly tests: readonly string[] },
): PartialStrykerOptions {
  return {
    configFile: 'tools/mutation/stryker.config.js',
    mutate: [
      ...sources.map(globOf),
      ...[...without.map(globOf), `**/*${TEST}`, '**/*.contract.ts'].map((glob) => `!${glob}`),
    ],
    testFiles: [...options.tests],
    incrementalFile: resultsOf(options),
    force: options.isAnew,
    htmlReporter: { fileName: `artifacts/mutation/${options.folder}.html` },
  };
}

/** What has come of each fault, for the next run. */
function resultsOf({ folder }: SuiteOptions): string {
  return `artifacts/mutation/${folder}.json`;
}

function forgetUncovered(path: string): void {
  if (!existsSync(path)) return;
  writeFileSync(path, JSON.stringify(withoutUncovered(JSON.parse(readFileSync(path, 'utf8')) as Report)));
}

function isFile(source: string): boolean {
  return source.endsWith('.ts');
}

function globOf(source: string): string {
  return isFile(source) ? source : `${source}/**/*.ts`;
}

function filesOf(places: readonly string[]): readonly string[] {
  const files = places.flatMap((place) =>
    isFile(place)
      ? [place]
      : readdirSync(place, { recursive: true, encoding: 'utf8' }).map((name) => `${place}/${name}`),
  );
  return files.filter(isFile);
}

function toPlace(
  { location, replacement }: MutantResult,
  text = '',
): Pick<Mutant, 'line' | 'original' | 'replacement'> {
  // Both count from 1; the end is the first that is not in it any more.
  const { start, end } = location;
  const lines = text.split('\n').slice(start.line - 1, end.line);
  lines[lines.length - 1] = lines.at(-1)?.slice(0, end.column - 1) ?? '';
  lines[0] = lines[0]?.slice(start.column - 1) ?? '';
  return { line: start.line, original: lines.join('\n'), replacement };
}
