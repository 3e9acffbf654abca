import { readFileSync } from 'node:fs';
import { argv, stdout } from 'node:process';

// Prints the numbers of passed, failed and skipped tests in the Vitest JSON report whose path is the only argument, then the
// name of each skipped one on a line of its own: what was not shown must not go unseen.
const report = JSON.parse(readFileSync(argv[2], 'utf8'));
// A file that could not be loaded, or whose hooks failed, has failed without a failed test in it.
const brokenFiles = report.testResults.filter(
  (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
);
const failed = report.numFailedTests + brokenFiles.length;
const skipped = report.testResults
  .flatMap((file) => file.assertionResults)
  .filter((test) => test.status !== 'passed' && test.status !== 'failed');
const names = skipped.map((test) => `  ${test.fullName}\n`);
stdout.write(`${report.numPassedTests} ${failed} ${skipped.length}\n${names.join('')}`);
