import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
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

/** From now on whoever starts a service there starts that of another folder. One that is not there is left as it is. */
export function serveFrom(folder: string, servicesFolder: string): void {
  for (const entry of ENTRIES) {
    const target = join(servicesFolder, entry);
    if (!existsSync(join(folder, entry)) || !existsSync(target)) continue;
    const start = `await import(${JSON.stringify(pathToFileURL(target).href)});\n`;
    writeFileSync(join(folder, entry), `${entry === STANDALONE ? keepNothing(servicesFolder) : ''}${start}`);
  }
}

/** Tests share no messages; the setting is unknown to those that never kept any. */
function keepNothing(servicesFolder: string): string {
  const keeps = existsSync(join(servicesFolder, 'apps/standalone/src/data/settings.ts'));
  return keeps ? "process.env.OUTCRY_MEMORY ??= 'true';\n" : 'delete process.env.OUTCRY_MEMORY;\n';
}

function linkModules(repository: string, folder: string): void {
  const [from, to] = [join(repository, 'node_modules'), join(folder, 'node_modules')];
  mkdirSync(join(to, '@outcry'), { recursive: true });
  for (const name of readdirSync(from)) {
    if (name !== '@outcry') symlinkSync(join(from, name), join(to, name));
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
