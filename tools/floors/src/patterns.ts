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

/**
 * The files of a place: those that lie in the folder of its name, but for those that are places of their own, and the file of
 * its name. With braces, the files that they name.
 */
export function patternOfPlace(path: string, workspace: Workspace, name: string): string {
  const { root = 'src' } = workspace;
  const folderPattern = (folder: string): string =>
    escape([path, root, folder].filter((part) => part !== '.').join('/'));
  const { folder, files, isFolder } = partsOf(name);
  const named = `${folderPattern(folder)}/${oneOf(files)}${ENDING}`;
  if (!isFolder) return `^${named}`;
  const others = placeNames(workspace)
    .map(partsOf)
    .filter((other) => other.folder === name);
  const otherFiles = others.flatMap((other) => other.files);
  const unlessOther = otherFiles.length > 0 ? `(?!${oneOf(otherFiles)}${ENDING})` : '';
  return `^(${named}|${folderPattern(name)}/${unlessOther}[^/]+$)`;
}

/** The files of a place that are behind its doors. */
export function patternsBehindDoors(pattern: string, doors: readonly string[]): { path: string; pathNot: string } {
  return { path: pattern, pathNot: `/${oneOf(doors)}${ENDING}` };
}

/** Whether a file has to have a place: a source that is no test, or any in a workspace of tests, and no build tool's settings. */
export function needsPlace(file: string, workspace: Workspace): boolean {
  if (!new RegExp(ENDING).test(file) || TOOL_CONFIG.test(file)) return false;
  return workspace.isTests === true || !new RegExp(TEST_CODE).test(file);
}

const TOOL_CONFIG = /^[^/]+\/([^/]+\/)?[^/]+\.config\.[jt]s$/;

function partsOf(name: string): { folder: string; files: readonly string[]; isFolder: boolean } {
  const slash = name.lastIndexOf('/');
  const last = name.slice(slash + 1);
  const isFolder = !last.startsWith('{');
  return {
    folder: slash < 0 ? '.' : name.slice(0, slash),
    files: isFolder ? [last] : last.slice(1, -1).split(','),
    isFolder,
  };
}

function oneOf(names: readonly string[]): string {
  return `(${names.map(escape).join('|')})`;
}

function escape(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
