import { argv, exit, stderr } from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runLua } from './lua/run-lua.ts';

const USAGE = "npm run test:mutation -- lua [a part of a script's name] [--anew]\n";

const { values, positionals } = parseArgs({
  args: argv.slice(2),
  allowPositionals: true,
  options: { anew: { type: 'boolean', default: false } },
});
const [language, script, ...others] = positionals;
if (language !== 'lua' || others.length > 0) {
  stderr.write(USAGE);
  exit(2);
}
const root = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');
exit((await runLua({ root, script, isAnew: values.anew })) ? 0 : 1);
