import { type House, placeNames, type Workspace } from './house.ts';

// dependency-cruiser takes patterns as text.

const ENDING = String.raw`\.[cm]?[jt]sx?$`;

/** Tests, what they share, and what only they use. */
export const TEST_CODE = String.raw`(\.(test|test-d|contract)\.ts$|/testing/|^(packages|services|apps|tools)/[^/]+/tests/)`;

/** Every file of a workspace. */
export function patternOfWorkspace(path: string): string {
  return `^${escape(path)}/`;
}

/** Every file of all workspaces but these. */
export function patternsOfOthers(house: House, paths: readonly string[]): string[] {
  return Object.keys(house)
    .filter((path) => !paths.includes(path))
    .map(patternOfWorkspace);
}

/** The files that lie in the folder of a place's name, but for those that are places of their own; and the file of that name. */
export function patternOfPlace(path: string, workspace: Workspace, name: string): string {
  const { root = 'src' } = workspace;
  const folder = [path, root, name].filter((part) => part !== '.').join('/');
  const alone = placeNames(workspace)
    .filter((other) => other !== '.' && folderOf(other) === name)
    .map((other) => escape(other.slice(other.lastIndexOf('/') + 1)));
  const others = alone.length > 0 ? `(?!(${alone.join('|')})${ENDING})` : '';
  return `^${escape(folder)}(${ENDING}|/${others}[^/]+$)`;
}

/** The files of a place that are behind its doors. */
export function patternsBehindDoors(pattern: string, doors: readonly string[]): { path: string; pathNot: string } {
  return { path: pattern, pathNot: `/(${doors.map(escape).join('|')})${ENDING}` };
}

/** Whether a file has to have a place: a source that is no test, or any in a workspace of tests, and no build tool's settings. */
export function needsPlace(file: string, workspace: Workspace): boolean {
  if (!new RegExp(ENDING).test(file) || TOOL_CONFIG.test(file)) return false;
  return workspace.isTests === true || !new RegExp(TEST_CODE).test(file);
}

const TOOL_CONFIG = /^[^/]+\/([^/]+\/)?[^/]+\.config\.[jt]s$/;

function folderOf(name: string): string {
  return name.includes('/') ? name.slice(0, name.lastIndexOf('/')) : '.';
}

function escape(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
