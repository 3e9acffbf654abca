import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

import { stringify } from 'yaml';
import { describe, expect, it } from 'vitest';

import { components, DEPLOY, helm, idOf, kustomize, type Manifest, overlays } from './support/manifests.ts';

interface Variable {
  readonly name: string;
  readonly value?: string;
}

/** Helm's own, which kustomize has no words for. */
const HELM_LABELS = /^(?:helm\.sh\/chart|app\.kubernetes\.io\/(?:instance|version|managed-by))$/;
/** Kustomize's way to start Redis again with other users, and the chart's. */
const HASH = /(?<=^|\/)redis-users-[0-9a-z]{10}$/;
const CHECKSUM = 'checksum/redis-users';

/** What is there without its order and without what only one of the two has a word for. */
function normalized(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => normalized(item));
    return key === 'env' ? sortedVariables(items as Variable[]) : items;
  }
  if (typeof value === 'string') return value.replace(HASH, 'redis-users');
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .filter(([name]) => name !== CHECKSUM && !HELM_LABELS.test(name))
    .map(([name, inner]) => [name, normalized(inner, name)] as const)
    .filter(([name, inner]) => name !== 'annotations' || Object.keys(inner as object).length > 0);
  return Object.fromEntries(entries);
}

/** By name, as their order says nothing but that what is put in stands in front. */
function sortedVariables(variables: readonly Variable[]): readonly Variable[] {
  const known = new Set<string>();
  for (const { name, value = '' } of variables) {
    for (const [, other = ''] of value.matchAll(/\$\((\w+)\)/g)) {
      if (!known.has(other)) throw new Error(`${name} is made of ${other}, which does not stand in front of it`);
    }
    if (known.has(name)) throw new Error(`${name} is there twice`);
    known.add(name);
  }
  return variables.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function byId(manifests: readonly Manifest[]): ReadonlyMap<string, unknown> {
  const found = new Map(
    manifests.map((manifest) => [idOf(manifest).replace(HASH, 'redis-users'), normalized(manifest)]),
  );
  expect(found.size).toBe(manifests.length);
  return found;
}

/** What deploy/k8s is with one of the components. */
async function withComponent(component: string): Promise<readonly Manifest[]> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'outcry-component-')));
  try {
    const kustomization = {
      resources: [relative(folder, join(DEPLOY, 'k8s'))],
      components: [relative(folder, join(DEPLOY, 'k8s-components', component))],
    };
    writeFileSync(join(folder, 'kustomization.yaml'), stringify(kustomization));
    return await kustomize(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function expectEqual(values: readonly string[], plain: Promise<readonly Manifest[]>): Promise<void> {
  const [chart, kustomized] = await Promise.all([helm(...values), plain]);
  const [actual, expected] = [byId(chart), byId(kustomized)];
  expect([...actual.keys()].sort()).toEqual([...expected.keys()].sort());
  for (const [id, object] of expected) expect(actual.get(id), id).toEqual(object);
}

const NAMESPACE = 'namespace.create=true';
/** Overlays that stand for the whole. */
const WHOLE: Readonly<Record<string, readonly string[]>> = {
  k8s: [],
  'k8s-managed-redis': ['redis.mode=managed'],
  'k8s-sentinel': ['redis.mode=sentinel'],
  'k8s-redis-cluster': ['redis.mode=cluster'],
};
/** Overlays that are applied beside deploy/k8s. */
const BESIDE: Readonly<Record<string, readonly string[]>> = {
  'k8s-inbound': ['inbound.enabled=true'],
  'k8s-archive': ['archive.enabled=true'],
  'k8s-events': ['events.enabled=true'],
  'k8s-monitoring': ['podMonitor', 'prometheusRule', 'dashboards'].map((part) => `monitoring.${part}.enabled=true`),
};
const COMPONENTS: Readonly<Record<string, readonly string[]>> = {
  connections: ['gateway.autoscaling.connections=true'],
  'gateway-api': ['ingress.enabled=false', 'httpRoute.enabled=true'],
  'ingress-haproxy': ['ingress.controller=haproxy'],
  'ingress-nginx': ['ingress.controller=nginx'],
  'ingress-traefik': ['ingress.controller=traefik'],
  keda: ['gateway.autoscaling.by=keda'],
};

describe('the chart makes what kustomize makes, object by object', () => {
  it('for every overlay and every component', () => {
    expect([...Object.keys(WHOLE), ...Object.keys(BESIDE)].sort()).toEqual([...overlays()].sort());
    expect(Object.keys(COMPONENTS)).toEqual([...components()].sort());
  });

  it.each(Object.entries(WHOLE))('of deploy/%s', async (folder, values) => {
    await expectEqual([NAMESPACE, ...values], kustomize(join(DEPLOY, folder)));
  });

  it.each(Object.entries(BESIDE))('of deploy/k8s and deploy/%s', async (folder, values) => {
    const both = Promise.all(['k8s', folder].map((each) => kustomize(join(DEPLOY, each)))).then((all) => all.flat());
    await expectEqual([NAMESPACE, ...values], both);
  });

  it.each(Object.entries(COMPONENTS))('of deploy/k8s with deploy/k8s-components/%s', async (component, values) => {
    await expectEqual([NAMESPACE, ...values], withComponent(component));
  });
});
