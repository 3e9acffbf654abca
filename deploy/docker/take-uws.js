// node deploy/docker/take-uws.js <into> [<architecture>]
//
// Takes of uWebSockets.js what a gateway needs that runs on Linux, this Node's version and an architecture as Docker names it; that of
// this machine where none is given, which is what the legacy builder does. The package comes with binaries for every platform and
// four Node versions (133 MB), and loads its own by a path relative to itself, so it stays outside the bundle.
import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { arch, argv, exit, stderr, versions } from 'node:process';
import { fileURLToPath, URL } from 'node:url';

const NAMES_OF_NODE = { amd64: 'x64', arm64: 'arm64' };

const [, , into, given = ''] = argv;
const architecture = given === '' ? arch : NAMES_OF_NODE[given];
const from = fileURLToPath(new URL('..', import.meta.resolve('uWebSockets.js')));
const binary = `dist/bin/uws_linux_${architecture}_${versions.modules}.node`;
if (into === undefined || !existsSync(join(from, binary))) {
  const known = Object.keys(NAMES_OF_NODE).join(' or ');
  stderr.write(
    `expected a folder, and ${known}, for which there is a binary for this Node; not ${argv.slice(2).join(' ')}\n`,
  );
  exit(1);
}
for (const file of ['package.json', 'LICENSE', 'dist/index.mjs', 'dist/uws.mjs', binary]) {
  cpSync(join(from, file), join(into, file));
}
