import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const STANDALONE = 'apps/standalone/src/start.ts';
/** What tests start as processes of their own, by the file that they run. */
const ENTRIES = [
  'services/gateway/src/main.ts',
  'services/feed-publisher/src/main.ts',
  'services/inbound/src/main.ts',
  'services/archive/src/main.ts',
  STANDALONE,
];
/** As it is built. */
const PAGE = 'apps/demo/dist';
const WORKSPACES = ['packages', 'services', 'apps', 'tools'];

/**
 * The sources of a commit in a folder, fit to be run: what is the project's own is the commit's, and what it depends on is what is
 * installed in `repository`.
 */
export function checkOut({ repository, commit, folder }: Record<'repository' | 'commit' | 'folder', string>): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const archive = execFileSync('git', ['archive', '--format=tar', commit], {
    cwd: repository,
    maxBuffer: 1024 ** 3,
  });
  execFileSync('tar', ['-x', '-C', folder], { input: archive });
  linkModules(repository, folder);
}

/**
 * From now on whoever starts a service there starts that of another folder; of two folders, those of one cluster turn about. One that
 * is not there is left as it is.
 */
export function serveFrom(folder: string, servicesFolders: readonly string[]): void {
  const turns = join(folder, 'turns');
  mkdirSync(turns);
  for (const entry of ENTRIES) {
    const targets = servicesFolders.map((each) => join(each, entry)).filter((each) => existsSync(each));
    if (!existsSync(join(folder, entry)) || targets.length < servicesFolders.length) continue;
    // In a cluster of its own, so of two there is one.
    const start = entry === STANDALONE ? standaloneOf(servicesFolders.slice(-1)) : inTurn(entry, turns, targets);
    writeFileSync(join(folder, entry), start);
  }
}

/** Tests share no messages; the setting is unknown to those that never kept any. */
function standaloneOf([servicesFolder = '']: readonly string[]): string {
  const keeps = existsSync(join(servicesFolder, 'apps/standalone/src/data/settings.ts'));
  const setting = keeps ? "process.env.OUTCRY_MEMORY ??= 'true';\n" : 'delete process.env.OUTCRY_MEMORY;\n';
  return setting + importOf(join(servicesFolder, STANDALONE));
}

function importOf(target = ''): string {
  return `await import(${JSON.stringify(pathToFileURL(target).href)});\n`;
}

/** The page is a client as well: that of one folder is served by the services of the others. */
export function showPage(folder: string, servicesFolders: readonly string[]): void {
  const words = ['run', '--silent', 'build', '--workspace', '@outcry/demo'];
  execFileSync('npm', words, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  for (const each of servicesFolders) cpSync(join(folder, PAGE), join(each, PAGE), { recursive: true });
}

/** Whoever makes the file of a turn has it. Gateways of one cluster have one prefix, or one Redis. */
function inTurn(entry: string, turns: string, targets: readonly string[]): string {
  const [first, ...others] = targets.map((target) => pathToFileURL(target).href);
  if (others.length === 0) return importOf(targets[0]);
  return `
import { createHash } from 'node:crypto';
import { openSync } from 'node:fs';
import { env } from 'node:process';

const cluster = [${JSON.stringify(entry)}, env.OUTCRY_REDIS_PREFIX ?? env.OUTCRY_REDIS_URL ?? ''];
const place = ${JSON.stringify(`${turns}/`)} + createHash('sha256').update(cluster.join()).digest('hex');
const isTaken = (turn) => {
  try {
    openSync(place + '-' + turn, 'wx');
    return false;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return true;
  }
};
let turn = 0;
while (isTaken(turn)) turn += 1;
const targets = ${JSON.stringify([first, ...others])};
await import(targets[turn % targets.length]);
`;
}

function linkModules(repository: string, folder: string): void {
  const [from, to] = [join(repository, 'node_modules'), join(folder, 'node_modules')];
  mkdirSync(join(to, '@outcry'), { recursive: true });
  for (const name of readdirSync(from)) {
    // What tools keep there for the repository is not for others to write into.
    if (name === '.bin' || (name !== '@outcry' && !name.startsWith('.'))) symlinkSync(join(from, name), join(to, name));
  }
  const own = [...WORKSPACES.flatMap((group) => listFolders(folder, group)), 'bench', 'tests'];
  for (const workspace of own) {
    const manifest = join(folder, workspace, 'package.json');
    if (!existsSync(manifest)) continue;
    const { name } = JSON.parse(readFileSync(manifest, 'utf8')) as { readonly name: string };
    const link = join(to, name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(folder, workspace), link);
    const modules = join(repository, workspace, 'node_modules');
    if (existsSync(modules)) symlinkSync(modules, join(folder, workspace, 'node_modules'));
  }
}

function listFolders(folder: string, group: string): readonly string[] {
  const path = join(folder, group);
  return existsSync(path) ? readdirSync(path).map((name) => `${group}/${name}`) : [];
}
