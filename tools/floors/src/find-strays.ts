import type { IModule } from 'dependency-cruiser';

import type { House, Place, Workspace } from './house.ts';
import { needsPlace, patternOfPlace } from './patterns.ts';
import type { Manifest } from './workspaces.ts';

type Module = Pick<IModule, 'source' | 'dependencies'>;

export interface Survey {
  readonly house: House;
  readonly pending: readonly string[];
  readonly workspaces: ReadonlyMap<string, Manifest>;
  readonly modules: readonly Module[];
}

/** Where the house is not what stands on the disk, in a line each: what it does not know, and what is not there. */
export function findStrays({ house, pending, workspaces, modules }: Survey): readonly string[] {
  const unknown = [...workspaces.keys()].filter((path) => !(path in house)).map((path) => `${path}: not in the house`);
  const known = Object.entries(house).flatMap(([path, workspace]) => {
    const manifest = workspaces.get(path);
    if (manifest === undefined) return [`${path}: not on the disk`];
    const own = modules.filter(({ source }) => isIn(source, path));
    const problems = straysOfArrows(workspace, manifest, own);
    if (!pending.includes(path)) problems.push(...straysOfPlaces(path, workspace, own));
    return problems.map((problem) => `${path}: ${problem}`);
  });
  return [...unknown, ...known];
}

function straysOfArrows(
  { imports, testsImport = [] }: Workspace,
  manifest: Manifest,
  modules: readonly Module[],
): string[] {
  const arrows = [...imports, ...testsImport];
  const declared = manifest.dependsOn;
  const files = modules.flatMap(({ dependencies }) => dependencies.map(({ resolved }) => resolved));
  const unused = arrows.filter((other) => !files.some((file) => isIn(file, other)));
  return [
    ...declared
      .filter((other) => !arrows.includes(other))
      .map((other) => `package.json has ${other}, the house has not`),
    ...arrows
      .filter((other) => !declared.includes(other))
      .map((other) => `package.json has no ${other}, the house has`),
    ...unused.map((other) => `may import ${other}, and nothing does`),
  ];
}

function straysOfPlaces(path: string, workspace: Workspace, modules: readonly Module[]): readonly string[] {
  const files = modules.map(({ source }) => source).filter((file) => needsPlace(file, workspace));
  const places = workspace.floors
    .flatMap((floor) => Object.entries(floor))
    .map(([name, place]) => {
      const pattern = new RegExp(patternOfPlace(path, workspace, name));
      return { name, place, files: files.filter((file) => pattern.test(file)) };
    });
  const placed = new Set(places.flatMap((place) => place.files));
  return [
    ...files.filter((file) => !placed.has(file)).map((file) => `${file} is in no place of the house`),
    ...places.flatMap(({ name, place, files: own }) =>
      own.length === 0
        ? [`there is nothing in ${name}`]
        : missingDoors(place, own).map((door) => `${name} has no ${door}`),
    ),
  ];
}

function missingDoors(place: Place, files: readonly string[]): readonly string[] {
  if (typeof place === 'string') return [];
  return (place.doors ?? []).filter((door) => !files.some((file) => file.includes(`/${door}.`)));
}

function isIn(file: string, workspace: string): boolean {
  return file.startsWith(`${workspace}/`);
}
