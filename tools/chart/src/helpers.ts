import { stringify } from 'yaml';

import { readDeploy, readPatch, readValue } from './deploy-files.ts';
import { memoryTemplate } from './memory.ts';

/** Where the modes of Redis that are not the chart's own are patched in. */
const REDIS_FOLDERS = { managed: 'k8s-managed-redis', sentinel: 'k8s-sentinel', cluster: 'k8s-redis-cluster' } as const;
export const INGRESS_CONTROLLERS = ['nginx', 'haproxy', 'traefik'] as const;

interface EnvPatch {
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly containers: readonly [{ readonly env: readonly { readonly name: string; readonly value?: string }[] }];
      };
    };
  };
}

type JsonPatch = readonly [{ readonly path: string; readonly value: unknown }];

interface IngressPatch {
  readonly metadata: { readonly annotations: Readonly<Record<string, string>> };
  readonly spec: { readonly ingressClassName: string };
}

/** Templates that are made of the patches of the overlays and components. */
export function generatedHelpers(): string {
  return [redisUrl(), toRedis(), connectionsMetric(), ...INGRESS_CONTROLLERS.map(ingressPreset), memoryTemplate()].join(
    '\n',
  );
}

function define(name: string, about: string, body: string): string {
  return `{{/* ${about} */}}\n{{- define "outcry.${name}" -}}\n${body.trimEnd()}\n{{- end }}\n`;
}

/** The URL of the gateway's patch in each folder, with the user in its place. */
function redisUrl(): string {
  const plain = readValue(
    'k8s/gateway.yaml',
    'Deployment/gateway',
    `${CONTAINER}.name=OUTCRY_REDIS_URL.value`,
  ) as string;
  const cases = [`{{- if eq $mode "bundled" }}${withUser(plain)}`];
  for (const [mode, folder] of Object.entries(REDIS_FOLDERS)) {
    const patch = readPatch(folder, 'Deployment', 'gateway') as EnvPatch;
    const url = patch.spec.template.spec.containers[0].env.find(({ name }) => name === 'OUTCRY_REDIS_URL')?.value;
    if (url === undefined) throw new Error(`${folder} says no URL`);
    cases.push(`{{- else if eq $mode "${mode}" }}${withUser(url)}`);
  }
  const body = `{{- $mode := (index . 0).Values.redis.mode }}\n{{- $user := index . 1 }}\n${cases.join('\n')}\n{{- end }}`;
  return define('redisUrl', 'Where a user finds Redis: (list $ "gateway").', body);
}

const CONTAINER = 'spec.template.spec.containers.name=gateway.env';

function withUser(url: string): string {
  const [scheme, rest] = url.split('//gateway:');
  if (scheme === undefined || rest === undefined) throw new Error(`${url} is not of the user gateway`);
  return `${scheme}//{{ $user }}:${rest}`;
}

function toRedis(): string {
  const [{ value }] = readPatch(REDIS_FOLDERS.managed, 'NetworkPolicy', 'to-redis-and-dns') as JsonPatch;
  const [{ path, value: port }] = readPatch(REDIS_FOLDERS.sentinel, 'NetworkPolicy', 'to-redis-and-dns') as JsonPatch;
  if (path !== '/spec/egress/0/ports/-') throw new Error(`${REDIS_FOLDERS.sentinel} adds no port`);
  const sentinels = `    {{- if eq .Values.redis.mode "sentinel" }}\n${indented([port], 4)}    {{- end }}`;
  return define('toRedis', 'The way to a Redis that is not of this chart.', `${stringify([value])}${sentinels}`);
}

function connectionsMetric(): string {
  const [{ value }] = readPatch('k8s-components/connections', 'HorizontalPodAutoscaler', 'gateway') as JsonPatch;
  const text = stringify([value]);
  const number = /averageValue: \d+k/;
  if (!number.test(text)) throw new Error('deploy/k8s-components/connections names no number');
  const body = text.replace(number, 'averageValue: {{ include "outcry.connectionsQuantity" . | quote }}');
  return define('connectionsMetric', 'Gateways by their connections.', body);
}

function ingressPreset(controller: string): string {
  const folder = `k8s-components/ingress-${controller}`;
  const { metadata, spec } = readPatch(folder, 'Ingress', 'gateway') as IngressPatch;
  if (spec.ingressClassName !== controller) throw new Error(`${folder} is of the class ${spec.ingressClassName}`);
  return define(
    `ingress.${controller}`,
    aboutOf(folder),
    stringify(metadata.annotations, { defaultStringType: 'QUOTE_SINGLE', defaultKeyType: 'PLAIN' }),
  );
}

/** The first paragraph of a kustomization's comment. */
function aboutOf(folder: string): string {
  const [paragraph = ''] = readDeploy(`${folder}/kustomization.yaml`).split(/^(?:#|apiVersion.*)$/m);
  return paragraph.replaceAll(/^# /gm, '').trim();
}

function indented(value: unknown, columns: number): string {
  return stringify(value).replaceAll(/^(?=.)/gm, ' '.repeat(columns));
}
