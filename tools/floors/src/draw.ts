import type { House, Place, Workspace } from './house.ts';

/** Mermaid: the workspaces, with an arrow to each one that may be imported and is not reached by way of another. */
export function drawWorkspaces(house: House): string {
  const paths = Object.keys(house);
  const boxes = [...new Set(paths.map(groupOf))].map((group) => {
    const members = paths.filter((path) => groupOf(path) === group);
    const nodes = members.map((path) => `    ${box(idOf(path), nameOf(path), house[path]?.is ?? '')}`);
    return [`  subgraph ${idOf(`in ${group}`)}["${group}/"]`, ...nodes, '  end'];
  });
  const arrows = paths.flatMap((path) =>
    directImports(house, path).map((other) => `  ${idOf(path)} --> ${idOf(other)}`),
  );
  return diagram(['flowchart TB', ...boxes.flat(), ...arrows]);
}

/** Mermaid: the floors of a workspace, one upon the other. */
export function drawFloors({ floors, root = 'src' }: Workspace): string {
  const columns = floors.map((floor) => Object.keys(floor).length).reduce(leastCommonMultiple, 1);
  const rows = floors.map((floor) => {
    const places = Object.entries(floor);
    const boxes = places.map(([name, place]) => box(idOf(name), name === '.' ? `${root}/*` : name, purposeOf(place)));
    return `  ${boxes.map((drawn) => `${drawn}:${String(columns / places.length)}`).join(' ')}`;
  });
  return diagram(['block-beta', `  columns ${String(columns)}`, ...rows]);
}

function directImports(house: House, path: string): readonly string[] {
  const imports = house[path]?.imports ?? [];
  const reached = new Set(imports.flatMap((other) => allImports(house, other)));
  return imports.filter((other) => !reached.has(other));
}

function allImports(house: House, path: string): readonly string[] {
  const imports = house[path]?.imports ?? [];
  return [...imports, ...imports.flatMap((other) => allImports(house, other))];
}

function diagram(lines: readonly string[]): string {
  return ['```mermaid', ...lines, '```'].join('\n');
}

function box(id: string, name: string, purpose: string): string {
  return `${id}["<b>${name}</b><br>${purpose.replaceAll('`', '').replaceAll('"', '#quot;')}"]`;
}

function purposeOf(place: Place): string {
  return typeof place === 'string' ? place : place.is;
}

function groupOf(path: string): string {
  return path.split('/')[0] ?? path;
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function leastCommonMultiple(a: number, b: number): number {
  return (a * b) / greatestCommonDivisor(a, b);
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** Mermaid has words of its own, such as `end`. */
function idOf(name: string): string {
  return `_${name.replaceAll(/[^a-z0-9]/g, '_')}`;
}
