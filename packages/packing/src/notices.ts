import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly license?: string;
}

/**
 * The licences of what others have written and a bundle holds, for they want to be where their code is. Empty where there is nothing.
 *
 * @param modules Paths of all that went in
 * @throws Error where a package has no text of a licence
 */
export function noticesFor(modules: readonly string[]): string {
  const folders = new Set(modules.filter((path) => path.includes('/node_modules/')).map(packageFolderOf));
  return [...folders].sort().map(noticeOf).join('\n');
}

function noticeOf(folder: string): string {
  const { name = '', version = '', license = '' } = readManifest(folder);
  const file = readdirSync(folder).find((each) => /^licen[cs]e(\.|$)/i.test(each));
  if (file === undefined) throw new Error(`${name} is bundled, and has no text of a licence`);
  return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
}

/** The nearest one above whose manifest has a name: a folder inside may have one that only says what its files are. */
function packageFolderOf(path: string): string {
  const folder = dirname(path);
  return existsSync(join(folder, 'package.json')) && readManifest(folder).name !== undefined
    ? folder
    : packageFolderOf(folder);
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}
