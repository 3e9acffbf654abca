import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** What every manifest of a workspace has that is published. */
export interface WorkspaceManifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly keywords: readonly string[];
  readonly license: string;
  readonly type: string;
  readonly sideEffects?: boolean;
  readonly engines: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** What differs between packages: how they are entered, and what they hold. */
export type Entries = Readonly<Partial<Record<'exports' | 'bin' | 'imports', object>>>;

const WANTED = ['name', 'version', 'description', 'keywords', 'license', 'type', 'engines'] as const;
const OWN = '@outcry/';

/** @throws Error where a field is missing that its readers on a registry look for */
export function readWorkspaceManifest(folder: string): WorkspaceManifest {
  const path = join(folder, 'package.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as Partial<WorkspaceManifest>;
  const missing = WANTED.filter((field) => manifest[field] === undefined);
  if (missing.length > 0) throw new Error(`${path}: a package that is published has ${missing.join(', ')} as well`);
  return manifest as WorkspaceManifest;
}

/** What a workspace takes from others than the project: an installation brings it, and it is not bundled in. */
export function foreignDependencies(folder: string): Readonly<Record<string, string>> {
  const all = Object.entries(readWorkspaceManifest(folder).dependencies ?? {});
  return Object.fromEntries(all.filter(([name]) => !name.startsWith(OWN)));
}

/** The manifest that is published, which is not that of the workspace: its code is a build, and what is the project's own is in it. */
export function publishedManifest(folder: string, entries: Entries, files: readonly string[]): object {
  const { name, version, description, keywords, license, type, sideEffects, engines, peerDependencies } =
    readWorkspaceManifest(folder);
  const dependencies = foreignDependencies(folder);
  return {
    name,
    version,
    description,
    keywords,
    license,
    ...repositoryOf(folder),
    type,
    ...(sideEffects === undefined ? {} : { sideEffects }),
    ...entries,
    files: files.toSorted(),
    engines,
    ...(Object.keys(dependencies).length === 0 ? {} : { dependencies }),
    ...(peerDependencies === undefined ? {} : { peerDependencies }),
  };
}

/** Where the project's root says that it is kept; the root of a checkout that is nowhere public says nothing. */
function repositoryOf(folder: string): { readonly repository?: object } {
  const root = rootAbove(folder);
  const { repository } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { repository?: object };
  return repository === undefined ? {} : { repository: { ...repository, directory: relative(root, folder) } };
}

function rootAbove(folder: string): string {
  const above = dirname(folder);
  if (above === folder) throw new Error('expected a folder above that has a package-lock.json');
  return existsSync(join(above, 'package-lock.json')) ? above : rootAbove(above);
}
