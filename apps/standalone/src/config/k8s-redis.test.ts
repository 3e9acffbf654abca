import { readFileSync } from 'node:fs';

import { loadFeedPublisherConfig } from '@outcry/feed-publisher';
import { loadGatewayConfig } from '@outcry/gateway';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

interface Variable {
  readonly name: string;
  readonly value?: string;
}

interface Patch {
  readonly kind?: string;
  readonly metadata?: { readonly name: string };
  readonly spec?: {
    readonly template: { readonly spec: { readonly containers: readonly [{ readonly env: readonly Variable[] }] } };
  };
}

const DEPLOY = new URL('../../../../deploy/', import.meta.url);

/** What a folder puts in the place of the variables of a Deployment. */
function variablesIn(folder: string, service: string): readonly Variable[] {
  const text = readFileSync(new URL(`${folder}/kustomization.yaml`, DEPLOY), 'utf8');
  const { patches } = parse(text) as { readonly patches: readonly { readonly patch: string }[] };
  const patch = patches
    .map((one) => parse(one.patch) as Patch)
    .find(({ kind, metadata }) => kind === 'Deployment' && metadata?.name === service);
  return patch?.spec?.template.spec.containers[0].env ?? [];
}

describe.each([
  ['k8s-managed-redis', 'redis.example:6380', 'rediss://'],
  ['k8s-redis-cluster', 'a.example:6379,b.example', 'rediss+cluster://'],
  ['k8s-sentinel', 'a.example:26379,b.example/main', 'rediss+sentinel://'],
])('deploy/%s', (folder, address, begins) => {
  it.each([
    ['gateway', loadGatewayConfig],
    ['feed-publisher', loadFeedPublisherConfig],
  ] as const)('tells a %s where Redis is, by a URL that it takes', (service, loadConfig) => {
    const variables = variablesIn(folder, service);
    const known = new Map([
      ['REDIS_ADDRESS', address],
      ['REDIS_PASSWORD', 'a-password'],
    ]);
    // Kubernetes puts in what stands in front, and nothing that comes later.
    const settings = variables.map(({ name, value = known.get(name) ?? '' }, i) => {
      const before = new Set(variables.slice(0, i).map((variable) => variable.name));
      const filled = value.replace(/\$\((\w+)\)/g, (text, other: string) =>
        before.has(other) ? (known.get(other) ?? text) : text,
      );
      return [name, filled] as const;
    });
    const { config } = loadConfig(Object.fromEntries(settings.filter(([name]) => name.startsWith('OUTCRY_'))));
    const user = service === 'gateway' ? 'gateway' : 'publisher';
    expect(config.redis.url).toBe(`${begins}${user}:a-password@${address}`);
  });
});
