import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { argv, cwd, stdout } from 'node:process';
import { stripVTControlCharacters } from 'node:util';

// Prints the numbers of passed, failed and skipped tests in the Vitest JSON report whose path is the only argument, then the
// name of each failed and each skipped one on a line of its own: what was not shown must not go unseen. Below a failed one stands why,
// as far as a few lines say it: a test that fails once in a hundred runs may never say it again.
const REASON_LINES = 12;
const report = JSON.parse(readFileSync(argv[2], 'utf8'));
// A file that could not be loaded, or whose hooks failed, has failed without a failed test in it.
const brokenFiles = report.testResults.filter(
  (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
);
const failed = report.numFailedTests + brokenFiles.length;
const tests = report.testResults.flatMap((file) => file.assertionResults.map((test) => ({ ...test, file: file.name })));
const lines = [
  ...brokenFiles.flatMap((file) => [`  failed: ${relative(cwd(), file.name)}`, ...reasonOf(file.message)]),
  ...tests
    .filter(({ status }) => status === 'failed')
    .flatMap((test) => [describe('failed', test), ...test.failureMessages.flatMap(reasonOf)]),
];
const skipped = tests.filter(({ status }) => status !== 'passed' && status !== 'failed');
lines.push(...skipped.map((test) => describe('skipped', test)));
stdout.write(`${[`${report.numPassedTests} ${failed} ${skipped.length}`, ...lines].join('\n')}\n`);

function describe(verdict, { file, fullName }) {
  return `  ${verdict}: ${relative(cwd(), file)}: ${fullName}`;
}

function reasonOf(message = '') {
  const isOwn = (line) => !/^\s+at (.*node_modules|new Promise \(<anonymous>\))/.test(line);
  const lines = stripVTControlCharacters(message).replaceAll(`${cwd()}/`, '').split('\n').filter(isOwn);
  return lines.slice(0, REASON_LINES).map((line) => `      ${line}`);
}
