import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** What a workspace's package.json says. */
export interface Manifest {
  readonly name: string;
  /** The workspaces that it depends on, for whatever, by their paths. */
  readonly dependsOn: readonly string[];
}

interface PackageJson {
  readonly name: string;
  readonly workspaces?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** The workspaces of a repository by their paths, as npm finds them. */
export function readWorkspaces(directory: string): ReadonlyMap<string, Manifest> {
  const { workspaces = [] } = readPackage(directory);
  const paths = workspaces.flatMap((pattern) =>
    globSync(`${pattern}/package.json`, { cwd: directory }).map((file) => path.dirname(file)),
  );
  const packages = new Map(paths.sort().map((found) => [found, readPackage(path.join(directory, found))]));
  const pathsByName = new Map(Array.from(packages, ([found, { name }]) => [name, found]));
  return new Map(
    Array.from(packages, ([found, { name, dependencies, devDependencies }]) => {
      const names = Object.keys({ ...dependencies, ...devDependencies });
      const dependsOn = names.flatMap((dependency) => pathsByName.get(dependency) ?? []);
      return [found, { name, dependsOn }];
    }),
  );
}

function readPackage(directory: string): PackageJson {
  return JSON.parse(readFileSync(path.join(directory, 'package.json'), 'utf8')) as PackageJson;
}
