import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { parseAllDocuments } from 'yaml';

import { findTool, run } from './tools.ts';

/** An object of Kubernetes, as far as it matters to which one it is. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

export const DEPLOY = fileURLToPath(new URL('../../../deploy/', import.meta.url));
export const CHART = `${DEPLOY}helm/outcry`;
/** The oldest that the manifests are for. */
export const KUBERNETES = '1.32.0';

export function read(text: string): readonly Manifest[] {
  return parseAllDocuments(text).flatMap((document) => {
    if (document.errors.length > 0) throw new Error('what was rendered is no YAML', { cause: document.errors[0] });
    const object = document.toJS() as Manifest | null;
    return object === null ? [] : [object];
  });
}

/** What Kubernetes is given by `kubectl apply -k`. */
export async function kustomize(folder: string): Promise<readonly Manifest[]> {
  return read(await kustomizeText(folder));
}

export async function kustomizeText(folder: string): Promise<string> {
  return run(await findTool('kustomize'), ['build', folder]);
}

/** What Kubernetes is given by `helm install`, with values such as `redis.mode=managed`. */
export async function helm(...values: readonly string[]): Promise<readonly Manifest[]> {
  return read(await helmText(...values));
}

export async function helmText(...values: readonly string[]): Promise<string> {
  const set = values.flatMap((value) => ['--set', value]);
  return run(await findTool('helm'), [
    ...['template', 'outcry', CHART, '--namespace', 'outcry', '--kube-version', KUBERNETES],
    ...set,
  ]);
}

/** The name that nothing else has. */
export function idOf({ kind, metadata }: Manifest): string {
  return `${kind}/${metadata.name}`;
}

/** Folders of deploy/ that `kubectl apply -k` takes. */
export function overlays(): readonly string[] {
  return readdirSync(DEPLOY).filter((name) => name.startsWith('k8s') && name !== 'k8s-components');
}

export function components(): readonly string[] {
  return readdirSync(`${DEPLOY}k8s-components`);
}
