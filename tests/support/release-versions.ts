import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
export const DOCKERFILE = `${ROOT}deploy/docker/Dockerfile`;
export const LOCK_FILE = `${ROOT}package-lock.json`;
const GROUPS = ['packages', 'services', 'apps', 'tools'];
const DEPENDENCIES = ['dependencies', 'devDependencies', 'peerDependencies'] as const;

type Names = Readonly<Record<string, string>>;
export type Manifest = { readonly name?: string; readonly version?: string } & Readonly<
  Partial<Record<(typeof DEPENDENCIES)[number], Names>>
>;

/** From the project's folder: that of the root first. */
export function manifestPaths(): readonly string[] {
  const workspaces = GROUPS.flatMap((group) => readdirSync(ROOT + group).map((name) => `${group}/${name}`));
  const all = ['', ...[...workspaces, 'bench', 'tests'].map((workspace) => `${workspace}/`)];
  return all.map((folder) => `${folder}package.json`).filter((path) => existsSync(ROOT + path));
}

export function readManifest(path: string): Manifest {
  return JSON.parse(readFileSync(path, 'utf8')) as Manifest;
}

/** Each version of something of ours that a manifest names, by what it is of. */
export function ownVersions(manifest: Manifest): readonly (readonly [what: string, version: string])[] {
  const own = manifest.version === undefined ? [] : ([['its own', manifest.version]] as const);
  const others = DEPENDENCIES.flatMap((kind) => Object.entries(manifest[kind] ?? {}));
  return [...own, ...others.filter(([name]) => name.startsWith('@outcry/'))];
}

/** The manifests of the workspaces as the lock file has them. */
export function lockedManifests(): readonly Manifest[] {
  const { packages } = JSON.parse(readFileSync(LOCK_FILE, 'utf8')) as {
    readonly packages: Readonly<Record<string, Manifest>>;
  };
  return Object.entries(packages).flatMap(([path, manifest]) => (path.includes('node_modules/') ? [] : [manifest]));
}
