import { spawnSync } from 'node:child_process';
import { argv, env, execPath, exit } from 'node:process';
import { fileURLToPath, URL } from 'node:url';

// node tests/run-suite.js <project> [--long] [--seed=<number>] [what Vitest takes…]
// node tests/run-suite.js scenario [--redis=one|shards|cluster] …
// node tests/run-suite.js security costs [what Vitest takes…]
//
// Vitest refuses options that it does not know, so ours become environment variables.
const [suite, ...words] = argv.slice(2);
// A project that only its name begins: nothing may run beside it, and it takes minutes.
const isCosts = suite === 'security' && words[0] === 'costs';
const project = isCosts ? 'costs' : suite;
const options = isCosts ? words.slice(1) : words;
// Not begun by whoever begins all.
const APART = ['costs', 'cluster', 'observability', 'deploy', 'kafka'];
const prefix = `OUTCRY_${project.toUpperCase()}`;
const SETTINGS = {
  '--long': prefix,
  '--seed': `${prefix}_SEED`,
  ...(project === 'scenario' ? { '--redis': `${prefix}_REDIS` } : {}),
};

const settings = APART.includes(project) ? { [prefix]: 'asked' } : {};
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
