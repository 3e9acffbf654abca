import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
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

/** What can be installed, by where its workspace is. */
const WORKSPACES = {
  client: 'packages/client',
  react: 'packages/react',
  cli: 'tools/cli',
  loadtest: 'tools/loadtest',
} as const;
export type PackageName = keyof typeof WORKSPACES;

interface Manifest {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

function manifestOf(workspace: string): Manifest {
  return JSON.parse(readFileSync(join(ROOT, workspace, 'package.json'), 'utf8')) as Manifest;
}

/** What a package takes from others, as this workspace has it: no registry is asked, and npm still looks whether it is what is wanted. */
function lentTo(name: PackageName): Readonly<Record<string, string>> {
  const workspace = WORKSPACES[name];
  const foreign = Object.keys(manifestOf(workspace).dependencies ?? {}).filter((each) => !each.startsWith('@outcry/'));
  return Object.fromEntries(
    foreign.map((each) => {
      const places = [workspace, '.'].map((place) => join(ROOT, place, 'node_modules', each));
      const place = places.find((path) => existsSync(path));
      if (place === undefined) throw new Error(`expected ${each} to be installed`);
      return [each, `file:${place}`];
    }),
  );
}

/** A project outside the workspace that has installed nothing but tarballs of this workspace, as their users do. */
export class OutsideProject implements AsyncDisposable {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Builds packages, packs them, and installs the tarballs into an empty folder. What they want beside them is not installed. */
  static async create(...names: readonly PackageName[]): Promise<OutsideProject> {
    const project = new OutsideProject(await mkdtemp(join(tmpdir(), 'outsider-')));
    await mkdir(project.path('tarballs'));
    await Promise.all(names.map((name) => project.#pack(name)));
    const dependencies = Object.assign({}, ...names.map(lentTo)) as Record<string, string>;
    await writeFile(project.path('package.json'), JSON.stringify({ private: true, type: 'module', dependencies }));
    const tarballs = names.map((name) => project.tarball(name));
    await project.#run('npm', ['install', '--offline', '--legacy-peer-deps', '--no-audit', '--no-fund', ...tarballs]);
    await cp(SOURCES, project.path('src'), { recursive: true });
    return project;
  }

  /** What would be published. */
  tarball(name: PackageName): string {
    return this.path('tarballs', `outcry-${name}-${manifestOf(WORKSPACES[name]).version}.tgz`);
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

  /** Into a folder of its own: other tests build the same package meanwhile. */
  async #pack(name: PackageName): Promise<void> {
    const folder = this.path('built', name);
    const workspace = ['--workspace', `@outcry/${name}`];
    await this.#run('npm', ['run', '--prefix', ROOT, 'build', ...workspace, '--', '--dir', folder]);
    await this.#run('npm', ['pack', '--pack-destination', 'tarballs', folder]);
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
