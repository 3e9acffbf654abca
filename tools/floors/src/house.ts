/**
 * A folder, or files that stand for themselves: what it is for, in a few words. The place `rooms` is the files that lie in
 * `rooms/`, and `rooms.ts`; a folder inside it is a place of its own. `rooms/{a,b}` is these two files, and `.` what lies in the
 * root.
 */
export type Place = string | GuardedPlace;

export interface GuardedPlace {
  readonly is: string;
  /** The only places that may import it. Without this, every place above. */
  readonly for?: readonly string[];
  /** The only files of it that other places may import, without their endings. Without this, all of them. */
  readonly doors?: readonly string[];
}

/** Places next to each other, by their paths: they do not import each other. What imports its neighbour stands a floor higher. */
export type Floor = Readonly<Record<string, Place>>;

export interface Workspace {
  /** What it is, for the diagram. */
  readonly is: string;
  /** Where its places are, seen from the workspace; `src` where absent. */
  readonly root?: string;
  /** The workspaces that it may import, by their paths. */
  readonly imports: readonly string[];
  /** Those that its tests may import as well. */
  readonly testsImport?: readonly string[];
  /** From top to bottom: a place imports what is on lower floors, and nothing else of its workspace. */
  readonly floors: readonly Floor[];
  /** There is nothing but tests and their support in it. */
  readonly isTests?: boolean;
}

/** Workspaces by their paths, from top to bottom: production code imports workspaces that stand further down. */
export type House = Readonly<Record<string, Workspace>>;

/** What is wrong with the house itself, in a line each. Nothing can be held against a house that has problems. */
export function problemsOfHouse(house: House): readonly string[] {
  const paths = Object.keys(house);
  return Object.entries(house).flatMap(([path, workspace], index) => [
    ...problemsOfArrows(path, workspace, { above: paths.slice(0, index + 1), all: paths }),
    ...problemsOfFloors(workspace).map((problem) => `${path}: ${problem}`),
  ]);
}

function problemsOfArrows(
  path: string,
  { imports, testsImport = [] }: Workspace,
  paths: { readonly above: readonly string[]; readonly all: readonly string[] },
): readonly string[] {
  const unknown = [...imports, ...testsImport].filter((name) => !paths.all.includes(name));
  const upward = imports.filter((name) => paths.above.includes(name));
  return [
    ...unknown.map((name) => `${path}: imports ${name}, which is not in the house`),
    ...upward.map((name) => `${path}: imports ${name}, which does not stand below it`),
  ];
}

function problemsOfFloors({ floors }: Workspace): readonly string[] {
  const places = floors.flatMap((floor) => Object.entries(floor));
  const names = places.map(([name]) => name);
  const repeated = names.filter((name, index) => names.indexOf(name) !== index);
  const guests = places.flatMap(([, place]) => (typeof place === 'string' ? [] : (place.for ?? [])));
  return [
    ...repeated.map((name) => `${name} stands on two floors`),
    ...guests.filter((guest) => !names.includes(guest)).map((guest) => `${guest} may import something, and is nowhere`),
  ];
}

export function placeNames({ floors }: Workspace): readonly string[] {
  return floors.flatMap((floor) => Object.keys(floor));
}
