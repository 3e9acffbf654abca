import { readFile } from 'node:fs/promises';
import { argv, chdir, exit, stderr, stdout } from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { FOLDERS } from './folders.ts';
import { formatVerdict } from './format-verdict.ts';
import { runLua } from './lua/run-lua.ts';
import { runPlanted } from './planted/run-planted.ts';
import { readArguments } from './read-arguments.ts';
import { readSurvivors } from './survivors.ts';
import { judge } from './verdict.ts';

const LIST = 'docs/testing/survivors.md';

const directory = fileURLToPath(new URL('../../../', import.meta.url));
chdir(directory);
if (argv[2] === 'lua') exit((await mutateLua(argv.slice(3))) ? 0 : 1);
if (argv[2] === 'planted') exit((await runPlanted({ root: directory.replace(/\/$/, ''), name: argv[3] })) ? 0 : 1);
const wish = readArguments(argv.slice(2), FOLDERS);
if (typeof wish === 'string') {
  stderr.write(wish);
  exit(2);
}
const list = await readFile(LIST, 'utf8');
let isPassed = true;
for (const [folder, suite] of wish.suites) {
  // Before hours have gone into what could not be compared.
  const listed = readSurvivors(list, folder);
  const verdict = judge(await suite.run({ folder, directory, isAnew: wish.isAnew }), listed);
  stdout.write(formatVerdict(folder, verdict, LIST));
  isPassed &&= verdict.isPassed;
}
exit(isPassed ? 0 : 1);

/** Scripts have mutants, tests and survivors of another kind. */
function mutateLua(args: readonly string[]): Promise<boolean> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { anew: { type: 'boolean', default: false } },
  });
  return runLua({ root: directory.replace(/\/$/, ''), script: positionals[0], isAnew: values.anew });
}
