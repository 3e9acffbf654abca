import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv, env, execPath, exit } from 'node:process';
import { fileURLToPath } from 'node:url';

import { checkOut, serveFrom } from './checkout.ts';
import { type Exception, FORMER_COMMIT, type Mixture, MIXTURES, SUITES } from './mixtures.ts';

// npm run test:compatibility [-- <project>…]
//
// What is committed here beside what was committed then: clients of one on services of the other.

const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url));
const COMMITS = { former: FORMER_COMMIT, present: 'HEAD' } as const;

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

interface Outcome {
  readonly file: string;
  readonly name: string;
  readonly hasPassed: boolean;
}

const folder = mkdtempSync(join(tmpdir(), 'outcry-compatibility-'));
let problems = 0;
try {
  for (const [i, mixture] of MIXTURES.entries()) problems += runMixture(mixture, join(folder, String(i)));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(problems === 0 ? 'compatible' : `${String(problems)} problems`);
exit(problems === 0 ? 0 : 1);

function runMixture({ name, tests, services, exceptions }: Mixture, place: string): number {
  console.log(`\n${name}`);
  const [testsFolder, servicesFolder] = [join(place, 'tests'), join(place, 'services')];
  checkOut({ repository: REPOSITORY, commit: COMMITS[tests], folder: testsFolder });
  checkOut({ repository: REPOSITORY, commit: COMMITS[services], folder: servicesFolder });
  serveFrom(testsFolder, servicesFolder);
  const asked = argv.slice(2);
  const suites = SUITES.filter(([project]) => asked.length === 0 || asked.includes(project));
  const outcomes = suites.flatMap(([project, ...files]) => runSuite(testsFolder, project, files));
  return judge(outcomes, exceptions);
}

function runSuite(cwd: string, project: string, files: readonly string[]): readonly Outcome[] {
  const outputFile = join(cwd, `${project}.json`);
  const vitest = join(cwd, 'node_modules/vitest/vitest.mjs');
  const words = ['run', '--project', project, '--reporter=json', `--outputFile=${outputFile}`, ...files];
  // A container of Redis for each file would be waited for in both mixtures, and says nothing more.
  const environment = { ...env, OUTCRY_TEST_REDIS: env['OUTCRY_TEST_REDIS'] ?? 'server' };
  spawnSync(execPath, [vitest, ...words], { cwd, env: environment, stdio: ['ignore', 'ignore', 'inherit'] });
  const { testResults } = JSON.parse(readFileSync(outputFile, 'utf8')) as Report;
  return testResults.flatMap(({ name: path, message, assertionResults }) => {
    const file = path.slice(path.indexOf('/tests/', cwd.length) + 1);
    if (assertionResults.length === 0) return [{ file, name: `(the file) ${message}`, hasPassed: false }];
    return assertionResults
      .filter(({ status }) => status === 'passed' || status === 'failed')
      .map(({ fullName, status }) => ({ file, name: fullName, hasPassed: status === 'passed' }));
  });
}

/** An exception that is none counts as well: what can pass has to. */
function judge(outcomes: readonly Outcome[], exceptions: readonly Exception[]): number {
  const failed = outcomes.filter(({ hasPassed }) => !hasPassed);
  const isMeant = (outcome: Outcome) => (one: Exception) =>
    one.file === outcome.file && (one.name === undefined || outcome.name.includes(one.name));
  const unexpected = failed.filter((outcome) => !exceptions.some(isMeant(outcome)));
  const idle = exceptions.filter((one) => !failed.some((outcome) => isMeant(outcome)(one)));
  console.log(`  ${String(outcomes.length - failed.length)} of ${String(outcomes.length)} tests pass`);
  for (const { file, name, why } of exceptions)
    console.log(`  not ${file}${name === undefined ? '' : `: ${name}`}: ${why}`);
  for (const { file, name } of unexpected) console.log(`  FAILS ${file}: ${name}`);
  for (const { file, name = '' } of idle)
    console.log(`  PASSES, or is not there, though it is an exception: ${file} ${name}`);
  if (outcomes.length === 0) console.log('  FAILS no test has run');
  return unexpected.length + idle.length + (outcomes.length === 0 ? 1 : 0);
}
