import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exit } from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { checkOut, serveFrom, showPage } from './checkout.ts';
import { type Age, ALONE, type Exception, FORMER_COMMIT, type Mixture, MIXTURES, type Suite } from './mixtures.ts';
import { listTests, type Outcome, runTests, type Test } from './vitest-runs.ts';

// npm run test:compatibility [-- --former <commit> --mixture <number> <project or file>…]
//
// What is committed here beside what was committed then: clients of one on services of the other, and services of both in one cluster.

const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { former: { type: 'string', default: FORMER_COMMIT }, mixture: { type: 'string' } },
});
const COMMITS = { former: values.former, present: 'HEAD' } as const;

/** Whether something of a suite was asked for: all are where none is named. */
const isAsked = ({ projects }: Suite, { file }: Pick<Test, 'file'>): boolean =>
  positionals.length === 0 || positionals.includes(file) || projects.some((project) => positionals.includes(project));
const isMeant =
  ({ file, name }: Test) =>
  (one: Exception): boolean =>
    one.file === file && (one.name === undefined || name.includes(one.name));

const folder = mkdtempSync(join(tmpdir(), 'outcry-compatibility-'));
let problems = 0;
try {
  const asked = MIXTURES.filter((_, i) => values.mixture === undefined || values.mixture === String(i + 1));
  for (const [i, mixture] of asked.entries()) problems += runMixture(mixture, join(folder, String(i)));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(problems === 0 ? 'compatible' : `${String(problems)} problems`);
exit(problems === 0 ? 0 : 1);

function runMixture({ name, tests, services, suites, exceptions }: Mixture, place: string): number {
  console.log(`\n${name}`);
  const startedAt = performance.now();
  const checkOutAs = (age: Age, role: string): string => {
    const into = join(place, role);
    checkOut({ repository: REPOSITORY, commit: COMMITS[age], folder: into });
    return into;
  };
  const testsFolder = checkOutAs(tests, 'tests');
  const ages: readonly Age[] = services === 'both' ? ['former', 'present'] : [services];
  const servicesFolders = ages.map((age) => checkOutAs(age, `services-${age}`));
  showPage(testsFolder, servicesFolders);
  // What is new is tested where it is new. Services that are not those of the tests do not know it.
  const former = tests === 'former' ? testsFolder : checkOutAs('former', 'known');
  serveFrom(testsFolder, servicesFolders);
  const outcomes = suites.flatMap((suite) => runSuite(testsFolder, suite, listTests(former, suite)));
  console.log(`  in ${((performance.now() - startedAt) / 60_000).toFixed(1)} minutes`);
  return judge(outcomes, exceptions);
}

function runSuite(cwd: string, suite: Suite, known: readonly Test[]): readonly Outcome[] {
  const { projects } = suite;
  const asked = known.filter((test) => isAsked(suite, test) && !ALONE.some(isMeant(test)));
  const files = new Set(asked.map(({ file }) => file));
  if (files.size === 0) return [];
  const names = new Set(known.map(({ file, name }) => `${file} ${name}`));
  const outcomes = runTests(cwd, projects, [...files]);
  const old = outcomes.filter(({ file, name }) => name === '(the file)' || names.has(`${file} ${name}`));
  console.log(
    `  ${projects.join()}: ${String(old.length)} tests, and ${String(outcomes.length - old.length)} new ones`,
  );
  return old;
}

/** An exception that is none counts as well: what can pass has to. */
function judge(outcomes: readonly Outcome[], exceptions: readonly Exception[]): number {
  const failed = outcomes.filter(({ hasPassed }) => !hasPassed);
  const unexpected = failed.filter((outcome) => !exceptions.some(isMeant(outcome)));
  const idle = exceptions.filter(
    (one) =>
      one.isUnsteady !== true &&
      outcomes.some(({ file }) => file === one.file) &&
      !failed.some((outcome) => isMeant(outcome)(one)),
  );
  console.log(`  ${String(outcomes.length - failed.length)} of ${String(outcomes.length)} tests pass`);
  for (const { file, name, why } of exceptions)
    console.log(`  not ${file}${name === undefined ? '' : `: ${name}`}: ${why}`);
  for (const { file, name, said } of unexpected) console.log(`  FAILS ${file}: ${name}\n    ${said}`);
  for (const { file, name = '' } of idle) console.log(`  PASSES though it is an exception: ${file} ${name}`);
  if (outcomes.length === 0) console.log('  FAILS no test has run');
  return unexpected.length + idle.length + (outcomes.length === 0 ? 1 : 0);
}
