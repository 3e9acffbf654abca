import { readdirSync, readFileSync } from 'node:fs';

import { parse } from 'yaml';

import { type ObjectText, type Path, readObjects } from './manifest-template.ts';

const ROOT = new URL('../../../', import.meta.url);
const DEPLOY = new URL('deploy/', ROOT);

/** What a kustomization says, as far as it matters here. */
interface Kustomization {
  readonly patches: readonly {
    readonly patch: string;
    readonly target?: { readonly kind: string; readonly name: string };
  }[];
}

/** A file of deploy/. */
export function readDeploy(path: string): string {
  return readFileSync(new URL(path, DEPLOY), 'utf8');
}

/** The names of a folder's files with this ending, in order. */
export function namesIn(folder: string, ending: string): readonly string[] {
  return readdirSync(new URL(`${folder}/`, DEPLOY))
    .filter((name) => name.endsWith(ending))
    .sort();
}

/** The release that the images are of: package.json has it. */
export function readVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8')) as { readonly version: string };
  return version;
}

/** The patch of a folder's kustomization that is for this object. */
export function readPatch(folder: string, kind: string, name: string): unknown {
  const { patches } = parse(readDeploy(`${folder}/kustomization.yaml`)) as Kustomization;
  for (const { patch, target } of patches) {
    const read = parse(patch) as { readonly kind?: string; readonly metadata?: { readonly name: string } };
    const of = target ?? { kind: read.kind, name: read.metadata?.name };
    if (of.kind === kind && of.name === name) return read;
  }
  throw new Error(`${folder} has no patch for ${kind}/${name}`);
}

/** The value at a path of an object in a file of manifests. */
export function readValue(file: string, object: string, path: Path): unknown {
  return objectIn(file, object).valueAt(path);
}

function objectIn(file: string, name: string): ObjectText {
  const found = readObjects(readDeploy(file)).find((object) => object.name === name);
  if (found === undefined) throw new Error(`${file} has no ${name}`);
  return found;
}
