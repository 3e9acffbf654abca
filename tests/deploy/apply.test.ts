import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';

import { ApiServer } from './support/api-server.ts';
import { CHART, DEPLOY, helmText, idOf, kustomize, type Manifest, overlays } from './support/manifests.ts';
import { IS_LONG } from './support/scale.ts';
import { findTool, run } from './support/tools.ts';

interface Listed {
  readonly items: readonly (Manifest & { readonly metadata: { readonly resourceVersion: string } })[];
}

/** Of whom the API server knows nothing without the operators that bring them. */
const OTHERS = ['k8s-monitoring'];
const KINDS = 'serviceaccount,configmap,service,deployment,statefulset,hpa,pdb,ingress,networkpolicy';
/** kubectl sends its selector each time, changed or not: decision 67. */
const SENT_EACH_TIME = /^poddisruptionbudget\.policy\/\S+ configured$/;

async function versionsIn(server: ApiServer, namespace: string): Promise<Readonly<Record<string, string>>> {
  const { items } = JSON.parse(await server.kubectl('get', KINDS, '--namespace', namespace, '-o', 'json')) as Listed;
  return Object.fromEntries(items.map((item) => [idOf(item), item.metadata.resourceVersion]));
}

/** Applies twice, and expects the second time to change nothing. */
async function expectNoChange(server: ApiServer, namespace: string, what: readonly string[]): Promise<void> {
  await server.kubectl('apply', '--validate=strict', ...what);
  const before = await versionsIn(server, namespace);
  const said = await server.kubectl('apply', '--validate=strict', ...what);
  const lines = said.trim().split('\n');
  expect(lines.filter((line) => !line.endsWith(' unchanged') && !SENT_EACH_TIME.test(line))).toEqual([]);
  expect(lines.length).toBeGreaterThan(3);
  expect(await versionsIn(server, namespace)).toEqual(before);
  const { code, text } = await server.tryKubectl('diff', ...what);
  expect(code, text).toBe(0);
}

describe.runIf(IS_LONG)('a real API server', () => {
  let server: ApiServer;

  beforeAll(async () => {
    server = await ApiServer.start();
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
  });

  // In this order: inbound and archive stand beside deploy/k8s.
  it.each(
    overlays()
      .filter((name) => !OTHERS.includes(name))
      .sort(),
  )('takes deploy/%s, and a second time changes nothing', async (name) => {
    if (name !== 'k8s') await server.kubectl('apply', '-f', join(DEPLOY, 'k8s/namespace.yaml'));
    await expectNoChange(server, 'outcry', ['-k', join(DEPLOY, name)]);
  });

  it('takes what Helm renders, and a second time changes nothing', async () => {
    const text = await helmText('inbound.enabled=true', 'archive.enabled=true', 'gateway.autoscaling.connections=true');
    await server.kubectl('create', 'namespace', 'rendered');
    const file = server.write('rendered.yaml', text.replaceAll('namespace: outcry', 'namespace: rendered'));
    await expectNoChange(server, 'rendered', ['-f', file]);
  });

  it('is given a release by Helm, and an upgrade to the same changes nothing', async () => {
    const upgrade = ['upgrade', '--install', 'outcry', CHART, '--namespace', 'installed', '--create-namespace'];
    const install = async (): Promise<string> =>
      run(await findTool('helm'), [...upgrade, '--kubeconfig', server.kubeconfig]);
    expect(await install()).toContain('outcry-secrets');
    const before = await versionsIn(server, 'installed');
    await install();
    expect(await versionsIn(server, 'installed')).toEqual(before);
  });

  it('lets every pod into a namespace where Pod Security is restricted, and none that could become root', async () => {
    const objects = [...(await kustomize(join(DEPLOY, 'k8s'))), ...(await services())];
    const pods = objects.filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet').map(podOf);
    expect(pods).toHaveLength(5);
    for (const pod of pods) expect(await refusalOf(server, pod)).toBe('');
    const [first] = pods;
    const root = { ...first, spec: { ...first?.spec, securityContext: { runAsUser: 0 } } };
    expect(await refusalOf(server, root)).toContain('violates PodSecurity "restricted');
  });
});

async function services(): Promise<readonly Manifest[]> {
  return (await Promise.all(['k8s-inbound', 'k8s-archive'].map((name) => kustomize(join(DEPLOY, name))))).flat();
}

interface PodObject {
  readonly metadata: object;
  readonly spec: object;
}

/** A pod as its controller would make it. */
function podOf(workload: Manifest): PodObject {
  const { template } = workload['spec'] as { readonly template: { readonly metadata: object; readonly spec: object } };
  const metadata = { ...template.metadata, name: workload.metadata.name, namespace: 'outcry' };
  // It is the controller that makes volumes of claims.
  const spec = { ...template.spec } as { volumes?: readonly object[] };
  if (workload.kind === 'StatefulSet') spec.volumes = [...(spec.volumes ?? []), { name: 'data', emptyDir: {} }];
  return { metadata, spec };
}

async function refusalOf(server: ApiServer, pod: object): Promise<string> {
  const file = server.write('pod.yaml', stringify({ apiVersion: 'v1', kind: 'Pod', ...pod }, { version: '1.1' }));
  const { code, text } = await server.tryKubectl('create', '--dry-run=server', '-f', file);
  return code === 0 ? '' : text;
}
