import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const SOURCES = fileURLToPath(new URL('../outsider/', import.meta.url));
const TIMEOUT_MS = 120_000;

const COMPILER_OPTIONS = {
  target: 'es2023',
  module: 'nodenext',
  strict: true,
  exactOptionalPropertyTypes: true,
  verbatimModuleSyntax: true,
  skipLibCheck: false,
  rootDir: 'src',
  outDir: 'out',
};

/** Types come from where a project says: those of Node, or those of a browser. */
const PLATFORMS = {
  react: { lib: ['es2023', 'dom', 'dom.iterable'], types: [], jsx: 'react-jsx' },
  node: { lib: ['es2023'], typeRoots: [join(ROOT, 'node_modules/@types')], types: ['node'] },
  browser: { lib: ['es2023', 'dom', 'dom.iterable'], types: [] },
} as const;

/** What can be installed: a workspace of that name, and a package in its `dist`. */
export type PackageName = 'client' | 'react';

/** A project outside the workspace that has installed nothing but tarballs of this workspace, as their users do. */
export class OutsideProject implements AsyncDisposable {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Builds packages, packs them, and installs the tarballs into an empty folder. What they want beside them is not installed. */
  static async create(...names: readonly PackageName[]): Promise<OutsideProject> {
    const project = new OutsideProject(await mkdtemp(join(tmpdir(), 'outsider-')));
    const workspaces = names.flatMap((name) => ['--workspace', `@outcry/${name}`]);
    await project.#run('npm', ['run', '--prefix', ROOT, 'build', ...workspaces]);
    await project.#run('npm', ['pack', ...names.map((name) => join(ROOT, 'packages', name, 'dist'))]);
    const tarballs = (await readdir(project.folder)).filter((file) => file.endsWith('.tgz'));
    if (tarballs.length !== names.length)
      throw new Error(`expected npm pack to leave a .tgz of each, not ${tarballs.join()}`);
    await writeFile(project.path('package.json'), JSON.stringify({ private: true, type: 'module' }));
    await project.#run('npm', ['install', '--offline', '--legacy-peer-deps', '--no-audit', '--no-fund', ...tarballs]);
    await cp(SOURCES, project.path('src'), { recursive: true });
    return project;
  }

  path(...names: string[]): string {
    return join(this.folder, ...names);
  }

  /** Lays a package of this workspace's `node_modules` beside, as if it had been installed. */
  async lend(name: string): Promise<void> {
    await mkdir(dirname(this.path('node_modules', name)), { recursive: true });
    await symlink(join(ROOT, 'node_modules', name), this.path('node_modules', name));
  }

  /** Checks these sources with `tsc`, declarations of packages included, and leaves JavaScript in `out`. */
  async compile(platform: keyof typeof PLATFORMS, files: readonly string[]): Promise<void> {
    const config = `tsconfig.${platform}.json`;
    const compilerOptions = { ...COMPILER_OPTIONS, ...PLATFORMS[platform] };
    await writeFile(this.path(config), JSON.stringify({ compilerOptions, files }));
    await this.#run(join(ROOT, 'node_modules/.bin/tsc'), ['--project', config]);
  }

  /** Runs a compiled file in this Node, and resolves with what it has printed. */
  async run(file: string, ...args: string[]): Promise<string> {
    return this.#run(process.execPath, [join('out', file), ...args]);
  }

  async #run(command: string, args: readonly string[]): Promise<string> {
    try {
      const { stdout } = await promisify(execFile)(command, args, { cwd: this.folder, timeout: TIMEOUT_MS });
      return stdout;
    } catch (error) {
      const said = error instanceof Error && 'stdout' in error ? String(error.stdout) : '';
      throw new Error(`${command} ${args.join(' ')} failed: ${said}`, { cause: error });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
