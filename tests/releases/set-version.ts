import { readFileSync, writeFileSync } from 'node:fs';
import { exit } from 'node:process';
import { parseArgs } from 'node:util';

import { DOCKERFILE, LOCK_FILE, manifestPaths, ownVersions, readManifest, ROOT } from '../support/release-versions.ts';

// npm run version:set <version>
// npm run version:set -- [<version>] --repository <https URL>

const ROOT_MANIFEST = `${ROOT}package.json`;
const { version: former = '' } = readManifest(ROOT_MANIFEST);
const { positionals, values } = parseArgs({ allowPositionals: true, options: { repository: { type: 'string' } } });
const [next = values.repository === undefined ? '' : former] = positionals;
if (!/^\d+\.\d+\.\d+(-[0-9a-z.]+)?$/.test(next)) fail('expected a version such as 0.2.0');
if (values.repository !== undefined) setRepository(values.repository);

function fail(message: string): never {
  console.error(message);
  exit(1);
}

/** Where the sources are, for all packages that are packed from now on. */
function setRepository(url: string): void {
  if (!/^https:\/\/[^/\s]+\/\S+$/.test(url)) fail('expected an https URL of a repository');
  const manifest = JSON.parse(readFileSync(ROOT_MANIFEST, 'utf8')) as Record<string, unknown>;
  const whole = `git+${url.replace(/(\.git)?\/?$/, '')}.git`;
  const entries = Object.entries(manifest).filter(([name]) => name !== 'repository');
  const place = entries.findIndex(([name]) => name === 'license') + 1;
  entries.splice(place, 0, ['repository', { type: 'git', url: whole }]);
  writeFileSync(ROOT_MANIFEST, `${JSON.stringify(Object.fromEntries(entries), undefined, 2)}\n`);
}

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
