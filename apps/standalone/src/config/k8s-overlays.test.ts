import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';

import { loadArchiveConfig } from '@outcry/archive';
import { loadEventsConfig } from '@outcry/events';
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
const read = (path: string): string => readFileSync(new URL(path, DEPLOY), 'utf8');
const secretOf = (key: string): string => createHash('sha256').update(key).digest('hex');

interface Overlay {
  readonly text: string;
  readonly resources: readonly string[];
  readonly manifests: readonly Manifest[];
}

function readOverlay(folder: string): Overlay {
  const text = read(`${folder}/kustomization.yaml`);
  const { resources } = parse(text) as { readonly resources: readonly string[] };
  const manifests = resources.flatMap((file) =>
    parseAllDocuments(read(`${folder}/${file}`)).map((document) => document.toJS() as Manifest),
  );
  return { text, resources, manifests };
}

/** As the container has it, with secrets that differ. */
function environmentOf(variables: readonly Variable[], url: { name: string; of: string }): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const { name, value, valueFrom } of variables) {
    const secret = secretOf(valueFrom?.secretKeyRef.key ?? '');
    if (name === url.name) environment[name] = url.of.replace('SECRET', secret);
    else environment[name] = value?.replace(/\$\((\w+)\)/g, (_, before: string) => environment[before] ?? '') ?? secret;
  }
  return environment;
}

const DATABASE = 'postgres://u:SECRET@db.example.com/shop?sslmode=verify-full';

const OVERLAYS = [
  {
    service: 'inbound',
    url: { name: 'OUTCRY_POSTGRES_URL', of: DATABASE },
    secrets: ['OUTCRY_POSTGRES_URL'],
    password: 'OUTCRY_REDIS_INBOUND_PASSWORD',
    load: (environment: Record<string, string>) => {
      const { config, settings } = loadInboundConfig(environment);
      return { env: settings.OUTCRY_ENV, mustMigrate: config.outbox?.postgres.mustMigrate, redis: config.redis.url };
    },
  },
  {
    service: 'archive',
    url: { name: 'OUTCRY_ARCHIVE_URL', of: DATABASE },
    secrets: ['OUTCRY_ARCHIVE_URL'],
    password: 'OUTCRY_REDIS_ARCHIVE_PASSWORD',
    load: (environment: Record<string, string>) => {
      const { config, settings } = loadArchiveConfig(environment);
      return { env: settings.OUTCRY_ENV, mustMigrate: config.postgres.mustMigrate, redis: config.redis.url };
    },
  },
  {
    service: 'events',
    url: { name: 'OUTCRY_EVENTS_URL', of: 'https://app.example.com/outcry/events' },
    secrets: ['OUTCRY_EVENTS_URL', 'OUTCRY_EVENTS_SECRET'],
    password: 'OUTCRY_REDIS_EVENTS_PASSWORD',
    load: (environment: Record<string, string>) => {
      const { config, settings } = loadEventsConfig(environment);
      return { env: settings.OUTCRY_ENV, mustMigrate: false, redis: config.redis.url };
    },
  },
];

describe.each(OVERLAYS)('deploy/k8s-$service', ({ service, url, secrets: own, password, load }) => {
  const { text, resources, manifests } = readOverlay(`k8s-${service}`);
  const deployment = manifests.find(({ kind }) => kind === 'Deployment')?.spec;
  const pod = deployment?.template?.spec;
  const variables = pod?.containers[0].env ?? [];

  it('names every file of its folder, and no other', () => {
    const files = readdirSync(new URL(`k8s-${service}/`, DEPLOY)).sort();
    expect(files).toEqual(['kustomization.yaml', ...resources].sort());
  });

  it('starts in production mode, as the user of Redis that it is, and does not make the schema', () => {
    expect(load(environmentOf(variables, url))).toEqual({
      env: 'production',
      mustMigrate: false,
      redis: `redis://${service}:${secretOf(password)}@redis:6379`,
    });
    expect(read('redis/users.acl')).toMatch(new RegExp(`^user ${service} on `, 'm'));
    expect(read('redis/start-with-users.sh')).toContain(`s/^user ${service} on /&$${service}/`);
    expect(read('k8s/redis.yaml')).toContain(`key: ${password}, optional: true`);
  });

  it('asks for the secrets that its page tells how to make, and for those of deploy/k8s', () => {
    const secrets = variables.flatMap(({ valueFrom }) => valueFrom?.secretKeyRef ?? []);
    expect(secrets).toEqual([
      { name: 'outcry-secrets', key: password },
      ...own.map((key) => ({ name: `outcry-${service}`, key })),
    ]);
    expect(text).toContain(`create secret generic outcry-${service} --namespace outcry`);
    expect(manifests.map(({ kind }) => kind)).not.toContain('Secret');
  });

  it('has pods that cannot become root, nor write to their image', () => {
    expect(pod).toMatchObject({ enableServiceLinks: false, automountServiceAccountToken: false });
    expect(pod?.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 10001 });
    expect(pod?.containers[0].securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(deployment?.selector?.matchLabels).toEqual({ 'app.kubernetes.io/name': service });
    expect(deployment?.template?.metadata.labels).toMatchObject(deployment?.selector?.matchLabels ?? {});
  });
});
