import { readdirSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';

import type { MutantResult, MutantStatus, PartialStrykerOptions } from '@stryker-mutator/api/core';
import { Stryker } from '@stryker-mutator/core';

import type { Mutant, Suite, SuiteOptions } from './suite.ts';

export interface TypeScriptSuite {
  readonly is: string;
  /** Folders whose sources are changed, or single files, from the root of the repository. */
  readonly sources: readonly string[];
  /** Folders whose tests may catch it, or single files of tests. */
  readonly tests: readonly string[];
}

const TESTS = '**/*.test.ts';

/** What counts, by what Stryker calls it. What cannot run at all was no fault that a test could have caught. */
const OUTCOMES: Readonly<Partial<Record<MutantStatus, Mutant['outcome']>>> = {
  Killed: 'caught',
  Timeout: 'timeout',
  Survived: 'survived',
  NoCoverage: 'survived',
};

/** Plants faults in TypeScript, by Stryker over Vitest: docs/decisions/0048-mutants.md. */
export function mutateTypeScript(suite: TypeScriptSuite): Suite {
  return {
    is: suite.is,
    async run(options) {
      // As they are when the run begins: they may be edited before it ends.
      const texts = readSources(suite.sources);
      const results = await new Stryker(strykerOptions(suite, options)).runMutationTest();
      return results.flatMap((result) => {
        const outcome = OUTCOMES[result.status];
        const file = relative(options.directory, result.fileName);
        return outcome === undefined ? [] : [{ ...toPlace(result, texts.get(file)), file, outcome }];
      });
    },
  };
}

function strykerOptions({ sources, tests }: TypeScriptSuite, { folder, isAnew }: SuiteOptions): PartialStrykerOptions {
  return {
    configFile: 'tools/mutation/stryker.config.js',
    mutate: [...sources.map(globOf), `!${TESTS}`, '!**/*.contract.ts'],
    testFiles: tests.map((test) => (isFile(test) ? test : `${test}/${TESTS}`)),
    incrementalFile: `artifacts/mutation/${folder}.json`,
    force: isAnew,
    htmlReporter: { fileName: `artifacts/mutation/${folder}.html` },
  };
}

function isFile(source: string): boolean {
  return source.endsWith('.ts');
}

function globOf(source: string): string {
  return isFile(source) ? source : `${source}/**/*.ts`;
}

function readSources(sources: readonly string[]): ReadonlyMap<string, string> {
  const files = sources.flatMap((source) =>
    isFile(source)
      ? [source]
      : readdirSync(source, { recursive: true, encoding: 'utf8' }).map((name) => `${source}/${name}`),
  );
  return new Map(files.filter(isFile).map((file) => [file, readFileSync(file, 'utf8')]));
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
