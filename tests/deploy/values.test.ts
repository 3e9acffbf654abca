import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { CHART, helm, helmText, idOf, KUBERNETES, type Manifest } from './support/manifests.ts';
import { findTool, run, tryRun } from './support/tools.ts';

interface Container {
  readonly image: string;
  readonly imagePullPolicy?: string;
  readonly env: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: object }[];
  readonly envFrom?: readonly object[];
  readonly resources: { readonly limits: { readonly memory: string }; readonly requests: object };
  readonly volumeMounts: readonly { readonly name: string }[];
}

interface Pod {
  readonly serviceAccountName: string;
  readonly imagePullSecrets?: readonly object[];
  readonly priorityClassName?: string;
  readonly tolerations?: readonly object[];
  readonly volumes: readonly { readonly name: string }[];
  readonly containers: readonly [Container];
}

const NAMED: readonly string[] = ['gateway', 'feed-publisher', 'redis', 'inbound', 'archive', 'events'];
const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

function specOf(objects: readonly Manifest[], id: string): object {
  const found = objects.find((object) => idOf(object) === id);
  if (found === undefined) throw new Error(`there is no ${id}`);
  return found['spec'] as object;
}

function podOf(objects: readonly Manifest[], name: string): Pod {
  const kind = name === 'redis' ? 'StatefulSet' : 'Deployment';
  return (specOf(objects, `${kind}/${name}`) as { readonly template: { readonly spec: Pod } }).template.spec;
}

async function gatewayWith(...values: readonly string[]): Promise<Pod> {
  return podOf(await helm(...values), 'gateway');
}

async function refusalOf(...values: readonly string[]): Promise<string> {
  const set = values.flatMap((value) => ['--set', value]);
  const { code, text } = await tryRun(await findTool('helm'), [
    ...['template', 'outcry', CHART, '--kube-version', KUBERNETES],
    ...set,
  ]);
  expect(code).not.toBe(0);
  return text;
}

describe('the chart', () => {
  it('is one that Helm has nothing to say against, and can be packed for a registry', async () => {
    const tool = await findTool('helm');
    expect(await run(tool, ['lint', '--strict', '--kube-version', KUBERNETES, CHART])).toContain('0 chart(s) failed');
    const folder = mkdtempSync(join(tmpdir(), 'outcry-chart-'));
    try {
      await run(tool, ['package', CHART, '--destination', folder]);
      expect(readdirSync(folder)).toEqual([expect.stringMatching(/^outcry-\d+\.\d+\.\d+\.tgz$/)]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('refuses values that it does not know, or that cannot be', async () => {
    expect(await refusalOf('gateway.maxConections=5')).toContain('maxConections');
    expect(await refusalOf('redis.mode=embedded')).toContain('mode');
    expect(await refusalOf('gateway.image.digest=sha256:abc')).toContain('digest');
    expect(await refusalOf('gateway.maxConnections=0')).toContain('maxConnections');
  });

  it('is a part of another chart, whose global values it does not mind', async () => {
    expect((await helm('global.any=thing')).length).toBeGreaterThan(10);
  });
});

describe('every pod', () => {
  const all = ['inbound.enabled=true', 'archive.enabled=true', 'events.enabled=true'];

  it('has the images that were named, by their digests', async () => {
    const keys = ['gateway', 'feedPublisher', 'redis', 'inbound', 'archive', 'events'];
    const digests = keys.map((key) => `${key}.image.digest=${DIGEST}`);
    const objects = await helm(...all, ...digests, 'image.registry=registry.example.com/', 'image.pullPolicy=Always');
    const images = NAMED.map((name) => podOf(objects, name).containers[0]);
    expect(images.map(({ image }) => image)).toEqual(
      ['outcry/gateway', 'outcry/feed-publisher', 'redis', 'outcry/inbound', 'outcry/archive', 'outcry/events'].map(
        (repository) => `registry.example.com/${repository}@${DIGEST}`,
      ),
    );
    expect(new Set(images.map(({ imagePullPolicy }) => imagePullPolicy))).toEqual(new Set(['Always']));
  });

  it('has whoever pulls its image, runs it and puts it somewhere', async () => {
    const keys = ['gateway', 'feedPublisher', 'redis', 'inbound', 'archive', 'events'];
    const objects = await helm(
      ...all,
      ...keys.flatMap((key) => [`${key}.priorityClassName=high`, `${key}.tolerations[0].operator=Exists`]),
      'imagePullSecrets[0].name=regcred',
      'serviceAccount.name=other',
    );
    for (const name of NAMED) {
      expect(podOf(objects, name), name).toMatchObject({
        imagePullSecrets: [{ name: 'regcred' }],
        serviceAccountName: 'other',
        priorityClassName: 'high',
        tolerations: [{ operator: 'Exists' }],
      });
    }
    expect(objects.map(idOf)).toContain('ServiceAccount/other');
  });

  it('has more variables, volumes and mounts, behind its own', async () => {
    const more = ['gateway', 'feedPublisher', 'redis', 'inbound', 'archive', 'events'].flatMap((key) => [
      `${key}.extraEnv[0].name=EXTRA`,
      `${key}.extraEnv[0].value=1`,
      `${key}.extraEnvFrom[0].secretRef.name=more`,
      `${key}.extraVolumes[0].name=extra`,
      `${key}.extraVolumes[0].secret.secretName=files`,
      `${key}.extraVolumeMounts[0].name=extra`,
      `${key}.extraVolumeMounts[0].mountPath=/extra`,
    ]);
    const [plain, objects] = await Promise.all([helm(...all), helm(...all, ...more)]);
    for (const name of NAMED) {
      const [before, pod] = [podOf(plain, name), podOf(objects, name)];
      const [was, is] = [before.containers[0], pod.containers[0]];
      expect(is.env).toEqual([...was.env, expect.objectContaining({ name: 'EXTRA' })]);
      expect(is.envFrom).toEqual([{ secretRef: { name: 'more' } }]);
      expect(pod.volumes).toEqual([...before.volumes, expect.objectContaining({ name: 'extra' })]);
      expect(is.volumeMounts).toEqual([...was.volumeMounts, { name: 'extra', mountPath: '/extra' }]);
    }
  });

  it('asks for the secrets that were named, and for no others', async () => {
    const text = await helmText(
      ...all,
      'secrets.name=mine',
      'keys.secret=my-keys',
      'inbound.secret=my-inbound',
      'archive.secret=my-archive',
      'events.secret=my-events',
    );
    const names = [...text.matchAll(/secretKeyRef:\s*\{ name: (\S+),/g)].map(([, name]) => name);
    expect(new Set(names)).toEqual(new Set(['mine', 'my-inbound', 'my-archive', 'my-events']));
    expect(text).toContain('secretName: my-keys');
  });
});

describe('gateways', () => {
  it.each([
    [1, '256Mi'],
    [10_000, '320Mi'],
    [100_000, '1Gi'],
    [1_000_000, '8064Mi'],
  ])('with %i connections have the memory that the formula says', async (connections, memory) => {
    const { resources, env } = (await gatewayWith(`gateway.maxConnections=${String(connections)}`)).containers[0];
    expect(resources).toEqual({ limits: { memory }, requests: { cpu: '1', memory } });
    expect(env).toContainEqual({ name: 'OUTCRY_MAX_CONNECTIONS', value: String(connections) });
  });

  it('have the memory that is named', async () => {
    const named = ['limits', 'requests'].map((each) => `gateway.resources.${each}.memory=2Gi`);
    const { resources } = (await gatewayWith(...named)).containers[0];
    expect(resources).toEqual({ limits: { memory: '2Gi' }, requests: { cpu: '1', memory: '2Gi' } });
  });

  it('are as many as somebody, and nobody else, says', async () => {
    const scaled = await helm('gateway.autoscaling.connections=true', 'gateway.maxConnections=20000');
    expect(specOf(scaled, 'HorizontalPodAutoscaler/gateway')).toMatchObject({
      metrics: [{ type: 'Resource' }, { type: 'Pods', pods: { target: { averageValue: '12k' } } }],
    });
    expect(specOf(scaled, 'Deployment/gateway')).not.toHaveProperty('replicas');
    for (const [connections, quantity] of [
      ['10000000', '6M'],
      ['12345', '7407'],
    ] as const) {
      const text = await helmText('gateway.autoscaling.connections=true', `gateway.maxConnections=${connections}`);
      expect(text).toContain(`averageValue: "${quantity}"`);
    }
    const fixed = await helm('gateway.autoscaling.by=none', 'gateway.replicas=7');
    expect(specOf(fixed, 'Deployment/gateway')).toMatchObject({ replicas: 7 });
    expect(fixed.map(({ kind }) => kind)).not.toContain('HorizontalPodAutoscaler');
  });

  it('are reached by all names, by the class that was named', async () => {
    const objects = await helm('hosts={a.example,b.example}', 'ingress.className=edge', 'ingress.controller=nginx');
    expect(specOf(objects, 'Ingress/gateway')).toMatchObject({
      ingressClassName: 'edge',
      tls: [{ hosts: ['a.example', 'b.example'] }],
      rules: [{ host: 'a.example' }, { host: 'b.example' }],
    });
    const other = await helm('httpRoute.enabled=true', 'hosts={a.example}', 'httpRoute.parentRefs[0].name=mine');
    expect(specOf(other, 'HTTPRoute/gateway')).toMatchObject({
      hostnames: ['a.example'],
      parentRefs: [{ name: 'mine' }],
    });
  });

  it('have their settings from the chart where it is given them', async () => {
    const objects = await helm('settings.data.OUTCRY_ORIGINS=https://a.example', 'settings.name=mine');
    const settings = objects.find((object) => idOf(object) === 'ConfigMap/mine');
    expect(settings?.['data']).toEqual({ OUTCRY_ORIGINS: 'https://a.example' });
  });
});

describe('a release', () => {
  it('has labels of its own on every object, and more objects as they were given', async () => {
    const objects = await helm(
      'commonLabels.team=feeds',
      'extraObjects[0].apiVersion=v1',
      'extraObjects[0].kind=ConfigMap',
      'extraObjects[0].metadata.name=mine-{{ .Release.Name }}',
    );
    expect(objects.map(idOf)).toContain('ConfigMap/mine-outcry');
    for (const { metadata } of objects.filter((object) => idOf(object) !== 'ConfigMap/mine-outcry')) {
      expect(metadata).toMatchObject({ namespace: 'outcry', labels: { team: 'feeds' } });
    }
  });

  it('without policies has none, and with another Redis none of its own', async () => {
    const kinds = (await helm('networkPolicies.enabled=false', 'redis.mode=managed')).map(({ kind }) => kind);
    expect(kinds).not.toContain('NetworkPolicy');
    expect(kinds).not.toContain('StatefulSet');
  });
});
