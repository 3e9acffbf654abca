import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { DEPLOY, helmText, kustomizeText, overlays } from './support/manifests.ts';
import { findPythonTool, tryRun } from './support/tools.ts';

interface Finding {
  readonly check_id: string;
  readonly resource: string;
}

/** Of whom no schema is in Kubernetes. */
const OTHERS_KINDS = ['HTTPRoute', 'PodMonitor', 'PrometheusRule', 'ScaledObject'];
/** Each has its answer in this decision. */
const DECISION = new URL('../../docs/decisions/0067-findings-that-are-answered.md', import.meta.url);
const VERSIONS = ['1.32', '1.34'];

const EVERYTHING = [
  'namespace.create=true',
  'inbound.enabled=true',
  'archive.enabled=true',
  'events.enabled=true',
  'httpRoute.enabled=true',
  'ingress.controller=nginx',
  'gateway.autoscaling.connections=true',
  'monitoring.podMonitor.enabled=true',
  'monitoring.prometheusRule.enabled=true',
  'monitoring.dashboards.enabled=true',
  'settings.data.OUTCRY_FEED_SOURCE=simulator',
];

let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'outcry-rendered-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Writes what was rendered to a file of its own. */
function write(name: string, text: string): string {
  const file = join(folder, `${name}.yaml`);
  writeFileSync(file, text);
  return file;
}

async function kustomized(name: string): Promise<string> {
  return write(name, await kustomizeText(join(DEPLOY, name)));
}

async function expectValid(file: string, version: string): Promise<void> {
  const tool = await findPythonTool('kubernetes-validate');
  const { code, text } = await tryRun(tool, ['--strict', '-k', version, file]);
  const unknown = [...text.matchAll(/Couldn't find schema for kind (\S+)/g)].map(([, kind]) => kind);
  expect(code, text).toBe(0);
  expect(OTHERS_KINDS).toEqual(expect.arrayContaining(unknown));
}

async function findingsOf(...files: readonly string[]): Promise<readonly Finding[]> {
  const { text } = await tryRun(await findPythonTool('checkov'), [
    ...files.flatMap((file) => ['-f', file]),
    ...['--framework', 'kubernetes', '--output', 'json', '--compact', '--quiet', '--skip-download'],
  ]);
  const { results } = JSON.parse(text) as { readonly results: { readonly failed_checks: readonly Finding[] } };
  return results.failed_checks;
}

const idsOf = (findings: readonly Finding[]): readonly string[] =>
  [...new Set(findings.map(({ check_id }) => check_id))].sort();

/** What the decision has an answer to: its headings. */
function answered(): readonly string[] {
  return [...readFileSync(DECISION, 'utf8').matchAll(/^- \*\*(CKV_K8S_\d+)/gm)].map(([, id = '']) => id).sort();
}

describe('what Kubernetes is given has the form that its schemas ask for, and nothing besides', () => {
  it.each(VERSIONS)('by Helm, for Kubernetes %s', async (version) => {
    await expectValid(write('everything', await helmText(...EVERYTHING)), version);
    await expectValid(write('keda', await helmText('gateway.autoscaling.by=keda', 'redis.mode=sentinel')), version);
  });

  it.each(overlays())('by kustomize: deploy/%s', async (name) => {
    await expectValid(await kustomized(name), VERSIONS[0] ?? '');
  });

  it('is refused where it has not', async () => {
    const wrong = (await helmText()).replace('terminationGracePeriodSeconds:', 'terminationGraceSeconds:');
    await expect(expectValid(write('wrong', wrong), VERSIONS[0] ?? '')).rejects.toThrow('terminationGraceSeconds');
  });
});

describe("checkov's findings", () => {
  it('are those that are answered, each once', async () => {
    expect(answered().length).toBeGreaterThan(0);
    expect(idsOf(await findingsOf(write('everything', await helmText(...EVERYTHING))))).toEqual(answered());
  });

  it('are answered in what kustomize makes', async () => {
    const files = await Promise.all(overlays().map(kustomized));
    expect(idsOf(await findingsOf(...files))).toEqual(answered());
  });

  it('are fewer where images are named by their digests', async () => {
    const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;
    const pods = ['gateway', 'feedPublisher', 'redis', 'inbound', 'archive', 'events'];
    const text = await helmText(
      ...EVERYTHING,
      ...pods.map((pod) => `${pod}.image.digest=${digest}`),
      'image.pullPolicy=Always',
    );
    expect(idsOf(await findingsOf(write('digests', text)))).toEqual(['CKV_K8S_11', 'CKV_K8S_35']);
  });

  it('are more where a pod may become root', async () => {
    const text = (await helmText()).replaceAll('allowPrivilegeEscalation: false', 'allowPrivilegeEscalation: true');
    expect(idsOf(await findingsOf(write('root', text)))).toContain('CKV_K8S_20');
  });
});
