import { readdirSync, readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import { CHART, generatedFiles } from './chart.ts';
import { readValue } from './deploy-files.ts';
import { TEMPLATES } from './templates.ts';
import { VALUES } from './values.ts';

const DEPLOY = new URL('../../../deploy/', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, DEPLOY), 'utf8');

/** What has no file of manifests that it could be made of. */
const BY_HAND = [
  '.helmignore',
  'README.md',
  'templates/NOTES.txt',
  'templates/_helpers.tpl',
  'templates/dashboards.yaml',
  'templates/extra-objects.yaml',
  'templates/prometheus-rule.yaml',
  'templates/redis-users.yaml',
  'templates/settings.yaml',
];

describe('the chart', () => {
  const files = generatedFiles();

  it.each([...files.keys()])('has %s as deploy/ says it: npm run docs writes it anew', (path) => {
    expect(read(path) === files.get(path), path).toBe(true);
  });

  it('has no other files than those, and the few that are written by hand', () => {
    const present = readdirSync(new URL(`${CHART}/`, DEPLOY), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => `${parentPath}/${name}`.replace(/.*helm\/outcry\/+/, ''));
    const generated = [...files.keys()].flatMap((path) =>
      path.startsWith(CHART) ? [path.slice(CHART.length + 1)] : [],
    );
    expect(present.sort()).toEqual([...generated, ...BY_HAND].sort());
  });

  it('has a template for every file of manifests', () => {
    const folders = [
      ...readdirSync(DEPLOY).filter((name) => name.startsWith('k8s') && name !== 'k8s-components'),
      ...readdirSync(new URL('k8s-components/', DEPLOY)).map((name) => `k8s-components/${name}`),
    ];
    const manifests = folders.flatMap((folder) =>
      readdirSync(new URL(`${folder}/`, DEPLOY))
        .filter((name) => name !== 'kustomization.yaml')
        .map((name) => `${folder}/${name}`),
    );
    // Made of the alerts, in both.
    const others = ['k8s-monitoring/prometheus-rule.yaml'];
    expect([...TEMPLATES.map(({ source }) => source), ...others].sort()).toEqual(manifests.sort());
  });

  it('takes its defaults, and refuses a value that it does not know', () => {
    const values = parse(read(`${CHART}/values.yaml`)) as { readonly gateway: object };
    expect(VALUES.parse(values)).toEqual(values);
    const withGateway = (more: object): object => ({ ...values, gateway: { ...values.gateway, ...more } });
    expect(() => VALUES.parse(withGateway({ maxConections: 5 }))).toThrow('maxConections');
    expect(() => VALUES.parse(withGateway({ image: { digest: 'sha256:abc' } }))).toThrow('digest');
    const schema = JSON.parse(read(`${CHART}/values.schema.json`)) as { additionalProperties: boolean };
    expect(schema.additionalProperties).toBe(false);
  });

  it('says of every value what it is for', () => {
    const text = read(`${CHART}/values.yaml`);
    for (const [key, { description }] of Object.entries(VALUES.shape)) {
      if (key !== 'imagePullSecrets') expect(description, key).toBeDefined();
      expect(text).toMatch(new RegExp(`^${key}:`, 'm'));
    }
  });
});

describe('what Prometheus is told', () => {
  interface Monitor {
    readonly spec: {
      readonly selector: { readonly matchExpressions: readonly [{ readonly values: readonly string[] }] };
      readonly podMetricsEndpoints: readonly [
        {
          readonly port: string;
          readonly relabelings: readonly [{ readonly targetLabel: string; readonly replacement: string }];
        },
      ];
    };
  }

  it('are all alerts, as they are without an operator', () => {
    const rule = parse(read('k8s-monitoring/prometheus-rule.yaml')) as { readonly spec: { readonly groups: unknown } };
    const alerts = readdirSync(new URL('observability/alerts/', DEPLOY))
      .filter((name) => name.endsWith('.yaml'))
      .sort()
      .flatMap((name) => (parse(read(`observability/alerts/${name}`)) as { readonly groups: unknown[] }).groups);
    expect(alerts.length).toBeGreaterThan(3);
    expect(rule.spec.groups).toEqual(alerts);
  });

  it('is whom to ask, under the names of jobs that alerts go by', () => {
    const { spec } = parse(read('k8s-monitoring/pod-monitor.yaml')) as Monitor;
    const [{ port, relabelings }] = spec.podMetricsEndpoints;
    expect(relabelings[0]).toMatchObject({ targetLabel: 'job', replacement: 'outcry-$1' });
    expect(read('observability/alerts/nodes.yaml')).toContain('job=~"outcry-.+"');
    const asked = TEMPLATES.flatMap(({ source, objects }) =>
      Object.keys(objects)
        .filter((object) => object.startsWith('Deployment/'))
        .map((object) => ({ name: object.replace('Deployment/', ''), source })),
    );
    expect([...spec.selector.matchExpressions[0].values].sort()).toEqual(asked.map(({ name }) => name).sort());
    for (const { name, source } of asked) {
      const ports = readValue(source, `Deployment/${name}`, `spec.template.spec.containers.name=${name}.ports`);
      expect(ports).toContainEqual(expect.objectContaining({ name: port }));
    }
  });
});
