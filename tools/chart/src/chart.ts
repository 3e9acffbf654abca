import { parse } from 'yaml';

import { namesIn, readDeploy, readVersion } from './deploy-files.ts';
import { generatedHelpers } from './helpers.ts';
import { toTemplate } from './manifest-template.ts';
import { TEMPLATES } from './templates.ts';
import { valuesSchema, valuesYaml } from './values-files.ts';

/** Where the chart is, seen from deploy/. */
export const CHART = 'helm/outcry';
const ALERTS = 'observability/alerts';
const DASHBOARDS = 'observability/dashboards';
const COPIED = [
  { folder: 'redis', names: ['users.acl', 'start-with-users.sh'], to: 'redis' },
  { folder: ALERTS, names: namesIn(ALERTS, '.yaml'), to: 'alerts' },
  { folder: DASHBOARDS, names: namesIn(DASHBOARDS, '.json'), to: 'dashboards' },
];

/** Files under deploy/ that are made of others there, by their paths. */
export function generatedFiles(): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const { source, target, objects } of TEMPLATES) {
    files.set(`${CHART}/templates/${target}`, madeFrom(source) + toTemplate(readDeploy(source), objects));
  }
  files.set(`${CHART}/templates/_generated.tpl`, generatedHelpers());
  files.set(`${CHART}/Chart.yaml`, chartYaml());
  files.set(`${CHART}/values.yaml`, valuesYaml());
  files.set(`${CHART}/values.schema.json`, valuesSchema());
  for (const [path, text] of copies()) files.set(path, text);
  files.set('k8s-monitoring/prometheus-rule.yaml', prometheusRule());
  files.set('observability/kustomization.yaml', dashboardsKustomization());
  return files;
}

function madeFrom(source: string): string {
  return `{{- /* Made of deploy/${source}, with its words, by \`npm run docs\`. */ -}}\n`;
}

/** Helm reads files of the chart's own folder only: copies of what is elsewhere, each kind in a folder. */
function copies(): readonly (readonly [string, string])[] {
  return COPIED.flatMap(({ folder, names, to }) =>
    names.map((name) => [`${CHART}/files/${to}/${name}`, readDeploy(`${folder}/${name}`)] as const),
  );
}

function chartYaml(): string {
  const version = readVersion();
  return `apiVersion: v2
name: outcry
description: 'A WebSocket gateway cluster: rooms and order books over Redis'
type: application
version: ${version}
appVersion: '${version}'
# A pod's sysctls and \`preStop: { sleep }\` need it.
kubeVersion: '>=1.32.0-0'
keywords: [websocket, pubsub, order-book, redis]
annotations:
  artifacthub.io/license: Apache-2.0
`;
}

/** The alerts in the operator's form: their text, four columns to the right, under one \`groups\`. */
function prometheusRule(): string {
  const groups = namesIn(ALERTS, '.yaml').map((name) => {
    const text = readDeploy(`${ALERTS}/${name}`);
    const [comment = '', rules = ''] = text.split(/^groups:\n/m);
    const { groups: read } = parse(text) as { readonly groups?: readonly unknown[] };
    if (read === undefined || rules === '') throw new Error(`${name} has no groups`);
    return (comment.replaceAll(/^(?=.)/gm, '  ') + rules).trimEnd().replaceAll(/^(?=.)/gm, '  ');
  });
  return `# Made of deploy/observability/alerts by \`npm run docs\`.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: outcry
spec:
  groups:
${groups.join('\n')}
`;
}

function dashboardsKustomization(): string {
  const maps = namesIn(DASHBOARDS, '.json').map(
    (file) => `  - name: outcry-dashboard-${file.replace(/\.json$/, '')}\n    files: [dashboards/${file}]\n`,
  );
  return `# The dashboards for deploy/k8s-monitoring: a kustomization reads files of its own folder only. Made by \`npm run docs\`.
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
generatorOptions:
  # By a name that stays, Grafana knows a dashboard that has changed.
  disableNameSuffixHash: true
  labels: { grafana_dashboard: '1' }
configMapGenerator:
${maps.join('')}`;
}
