import { spawnSync } from 'node:child_process';
import { argv, env, execPath, exit } from 'node:process';
import { fileURLToPath, URL } from 'node:url';

// node tests/run-suite.js <project> [--long] [--seed=<number>] [what Vitest takes…]
//
// Vitest refuses options that it does not know, so ours become environment variables.
const [project, ...options] = argv.slice(2);
const prefix = `OUTCRY_${project.toUpperCase()}`;
const SETTINGS = { '--long': prefix, '--seed': `${prefix}_SEED` };

const settings = {};
const others = [];
for (const argument of options) {
  const [name, value = 'long'] = argument.split('=');
  const setting = SETTINGS[name];
  if (setting === undefined) others.push(argument);
  else settings[setting] = value;
}
const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url));
const { status } = spawnSync(execPath, [vitest, 'run', '--project', project, ...others], {
  stdio: 'inherit',
  env: { ...env, ...settings },
});
exit(status ?? 1);
