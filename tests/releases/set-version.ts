import { readFileSync, writeFileSync } from 'node:fs';
import { argv, exit } from 'node:process';

import { DOCKERFILE, LOCK_FILE, manifestPaths, ownVersions, readManifest, ROOT } from '../support/release-versions.ts';

// npm run version:set <version>

const [, , next = ''] = argv;
if (!/^\d+\.\d+\.\d+(-[0-9a-z.]+)?$/.test(next)) {
  console.error('expected a version such as 0.2.0');
  exit(1);
}
const former = readManifest(`${ROOT}package.json`).version ?? '';

/** Where it stands for something of ours: nothing else in these files is looked at. */
function replaceIn(path: string, pattern: RegExp): void {
  const text = readFileSync(path, 'utf8');
  writeFileSync(
    path,
    text.replace(pattern, (_, before: string, after: string) => before + next + after),
  );
}

const quoted = former.replaceAll('.', String.raw`\.`);
for (const path of manifestPaths()) {
  if (ownVersions(readManifest(ROOT + path)).length === 0) continue;
  replaceIn(ROOT + path, new RegExp(String.raw`("(?:version|@outcry/[\w-]+)": ")${quoted}(")`, 'g'));
}
const lock = JSON.parse(readFileSync(LOCK_FILE, 'utf8')) as {
  version?: string;
  packages: Record<string, Record<string, unknown>>;
};
if (lock.version !== undefined) lock.version = next;
for (const [path, manifest] of Object.entries(lock.packages)) {
  if (path.includes('node_modules/')) continue;
  if (manifest['version'] === former) manifest['version'] = next;
  for (const dependencies of ['dependencies', 'devDependencies', 'peerDependencies']) {
    const names = manifest[dependencies] as Record<string, string> | undefined;
    for (const name of Object.keys(names ?? {}))
      if (name.startsWith('@outcry/') && names !== undefined) names[name] = next;
  }
}
writeFileSync(LOCK_FILE, `${JSON.stringify(lock, undefined, 2)}\n`);
replaceIn(DOCKERFILE, new RegExp(`^(ARG VERSION=)${quoted}()$`, 'gm'));
console.log(`${former} -> ${next}; npm run docs writes the chart anew`);
