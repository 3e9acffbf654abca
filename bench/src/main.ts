import { fileURLToPath } from 'node:url';

import { runBench } from './bench.ts';
import { describeOptions, type Options, parseOptions } from './options.ts';

const ROOT = new URL('../../', import.meta.url);

function folderOf({ out, isQuick }: Options): string {
  return out ?? fileURLToPath(new URL(isQuick ? 'artifacts/bench/' : 'bench/results/', ROOT));
}

try {
  const args = process.argv.slice(2);
  const options = parseOptions(args);
  if (options.wantsHelp) process.stdout.write(describeOptions());
  else await runBench(options, { folder: folderOf(options), command: ['npm run bench --', ...args].join(' ') });
} catch (err) {
  if (!(err instanceof TypeError)) throw err;
  process.stderr.write(`${err.message}\n`);
  process.exitCode = 2;
}
