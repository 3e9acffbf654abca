import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { env, execPath } from 'node:process';

import type { Suite } from './mixtures.ts';

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages?: readonly string[];
    }[];
  }[];
}

/** A test, by its file from the project's folder, and its whole name. */
export interface Test {
  readonly file: string;
  readonly name: string;
}

export interface Outcome extends Test {
  readonly hasPassed: boolean;
  /** The first line of what it said where it has not. */
  readonly said: string;
}

/** What there is to be run in a folder. */
export function listTests(cwd: string, { projects, files = [] }: Suite): readonly Test[] {
  const list = join(cwd, `${projects.join('-')}-list.json`);
  // By what the files make, not by what they say: names of a table's tests are known only then.
  runVitest(cwd, ['list', '--no-static-parse', ...projectWords(projects), `--json=${list}`, ...files]);
  const tests = JSON.parse(readFileSync(list, 'utf8')) as readonly Test[];
  return tests.map(({ file, name }) => ({ file: relative(cwd, file), name: name.replaceAll(' > ', ' ') }));
}

/** What became of all that are in these files; of those that are skipped, nothing. */
export function runTests(cwd: string, projects: readonly string[], files: readonly string[]): readonly Outcome[] {
  const outputFile = join(cwd, `${projects.join('-')}.json`);
  runVitest(cwd, ['run', ...projectWords(projects), '--reporter=json', `--outputFile=${outputFile}`, ...files]);
  const { testResults } = JSON.parse(readFileSync(outputFile, 'utf8')) as Report;
  return testResults.flatMap(({ name: path, message, assertionResults }) => {
    const file = relative(cwd, path);
    if (assertionResults.length === 0) return [{ file, name: '(the file)', hasPassed: false, said: message }];
    return assertionResults
      .filter(({ status }) => status === 'passed' || status === 'failed')
      .map(({ fullName, status, failureMessages = [] }) => ({
        file,
        name: fullName,
        hasPassed: status === 'passed',
        said: failureMessages[0]?.split('\n', 1)[0] ?? '',
      }));
  });
}

function projectWords(projects: readonly string[]): readonly string[] {
  return projects.flatMap((project) => ['--project', project]);
}

function runVitest(cwd: string, words: readonly string[]): void {
  // A container of Redis for each file would be waited for in every mixture, and says nothing more.
  const environment = { ...env, OUTCRY_TEST_REDIS: env['OUTCRY_TEST_REDIS'] ?? 'server' };
  const vitest = join(cwd, 'node_modules/vitest/vitest.mjs');
  spawnSync(execPath, [vitest, ...words], { cwd, env: environment, stdio: ['ignore', 'ignore', 'inherit'] });
}
