import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';

import { loadInboundConfig } from '@outcry/inbound';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';

interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly secretKeyRef: { readonly name: string; readonly key: string } };
}

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly selector?: { readonly matchLabels: object };
    readonly template?: {
      readonly metadata: { readonly labels: object };
      readonly spec: {
        readonly securityContext: object;
        readonly containers: readonly [{ readonly env: readonly Variable[]; readonly securityContext: object }];
      };
    };
  };
}

const DEPLOY = new URL('../../../../deploy/', import.meta.url);
const FOLDER = new URL('k8s-inbound/', DEPLOY);
const read = (path: string): string => readFileSync(new URL(path, DEPLOY), 'utf8');
const text = read('k8s-inbound/kustomization.yaml');
const { resources } = parse(text) as { readonly resources: readonly string[] };
const manifests = resources.flatMap((file) =>
  parseAllDocuments(read(`k8s-inbound/${file}`)).map((document) => document.toJS() as Manifest),
);
const deployment = manifests.find(({ kind }) => kind === 'Deployment')?.spec;
const pod = deployment?.template?.spec;
const environment: Record<string, string> = {};
for (const { name, value, valueFrom } of pod?.containers[0].env ?? []) {
  const secret = createHash('sha256')
    .update(valueFrom?.secretKeyRef.key ?? '')
    .digest('hex');
  if (name === 'OUTCRY_POSTGRES_URL')
    environment[name] = `postgres://u:${secret}@db.example.com/shop?sslmode=verify-full`;
  else environment[name] = value?.replace(/\$\((\w+)\)/g, (_, before: string) => environment[before] ?? '') ?? secret;
}

describe('deploy/k8s-inbound', () => {
  it('names every file of its folder, and no other', () => {
    expect(readdirSync(FOLDER).sort()).toEqual(['kustomization.yaml', ...resources].sort());
  });

  it('starts in production mode, as the user of Redis that brings messages in, and does not make the schema', () => {
    const { config, settings } = loadInboundConfig(environment);
    expect(settings.OUTCRY_ENV).toBe('production');
    expect(config.outbox.postgres.mustMigrate).toBe(false);
    const password = createHash('sha256').update('OUTCRY_REDIS_INBOUND_PASSWORD').digest('hex');
    expect(config.redis.url).toBe(`redis://inbound:${password}@redis:6379`);
    expect(read('redis/users.acl')).toMatch(/^user inbound on /m);
    expect(read('redis/start-with-users.sh')).toContain('s/^user inbound on /&$inbound/');
    expect(read('k8s/redis.yaml')).toContain('key: OUTCRY_REDIS_INBOUND_PASSWORD, optional: true');
  });

  it('asks for the secrets that its page tells how to make, and for those of deploy/k8s', () => {
    const secrets = (pod?.containers[0].env ?? []).flatMap(({ valueFrom }) => valueFrom?.secretKeyRef ?? []);
    expect(secrets).toEqual([
      { name: 'outcry-secrets', key: 'OUTCRY_REDIS_INBOUND_PASSWORD' },
      { name: 'outcry-inbound', key: 'OUTCRY_POSTGRES_URL' },
    ]);
    expect(text).toContain('create secret generic outcry-inbound --namespace outcry');
    expect(manifests.map(({ kind }) => kind)).not.toContain('Secret');
  });

  it('has pods that cannot become root, nor write to their image', () => {
    expect(pod).toMatchObject({ enableServiceLinks: false, automountServiceAccountToken: false });
    expect(pod?.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000 });
    expect(pod?.containers[0].securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(deployment?.selector?.matchLabels).toEqual({ 'app.kubernetes.io/name': 'inbound' });
    expect(deployment?.template?.metadata.labels).toMatchObject(deployment?.selector?.matchLabels ?? {});
  });
});
