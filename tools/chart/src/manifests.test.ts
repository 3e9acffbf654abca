import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';

import { readDeploy } from './deploy-files.ts';
import { TEMPLATES } from './templates.ts';

interface Claim {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly spec: { readonly volumeMode?: string };
  readonly status?: { readonly phase: string };
}

interface Port {
  readonly protocol?: string;
}

interface Rule {
  readonly ports?: readonly Port[];
}

interface Reference {
  readonly group?: string;
  readonly kind?: string;
  readonly weight?: number;
}

interface Spec {
  readonly strategy?: { readonly type?: string };
  readonly volumeClaimTemplates?: readonly Claim[];
  readonly ingress?: readonly Rule[];
  readonly egress?: readonly Rule[];
  readonly parentRefs?: readonly Reference[];
  readonly rules?: readonly { readonly backendRefs?: readonly Reference[] }[];
  readonly template?: {
    readonly spec: { readonly securityContext: { readonly runAsUser: number; runAsGroup: number } };
  };
}

const manifests = TEMPLATES.flatMap(({ source }) =>
  parseAllDocuments(readDeploy(source)).map((document) => {
    const { kind, metadata, spec = {} } = document.toJS() as { kind: string; metadata: { name: string }; spec?: Spec };
    return { id: `${source}: ${kind}/${metadata.name}`, kind, spec };
  }),
);
const ofKind = (kind: string): [string, Spec][] =>
  manifests.filter((manifest) => manifest.kind === kind).map(({ id, spec }) => [id, spec]);

/**
 * What the API server fills in where `kubectl apply` compares a whole (a list without a key, `retainKeys`) has to be said, or each
 * apply finds a difference. Held against a real API server by `npm run test:deploy -- --long`.
 */
describe('a repeated apply changes nothing, because it says', () => {
  it.each(ofKind('Deployment'))('how it is replaced: %s', (_, { strategy }) => {
    expect(strategy?.type).toBe('RollingUpdate');
  });

  it.each(ofKind('StatefulSet'))('all of what it claims: %s', (_, { volumeClaimTemplates = [] }) => {
    expect(volumeClaimTemplates).toHaveLength(1);
    for (const { apiVersion, kind, spec, status } of volumeClaimTemplates) {
      expect([apiVersion, kind, spec.volumeMode, status]).toEqual([
        'v1',
        'PersistentVolumeClaim',
        'Filesystem',
        { phase: 'Pending' },
      ]);
    }
  });

  it.each(ofKind('NetworkPolicy'))('by which protocol: %s', (_, { ingress = [], egress = [] }) => {
    for (const { ports = [] } of [...ingress, ...egress]) {
      for (const { protocol } of ports) expect(protocol).toMatch(/^(TCP|UDP)$/);
    }
  });

  it.each(ofKind('HTTPRoute'))('what kinds it means: %s', (_, { parentRefs = [], rules = [] }) => {
    for (const reference of parentRefs) {
      expect(reference).toMatchObject({ group: 'gateway.networking.k8s.io', kind: 'Gateway' });
    }
    const backends = rules.flatMap(({ backendRefs = [] }) => backendRefs);
    expect(backends).toHaveLength(1);
    for (const reference of backends) expect(reference).toMatchObject({ group: '', kind: 'Service', weight: 1 });
  });
});

it('runs everybody as somebody whom no node knows', () => {
  const pods = manifests.flatMap(({ spec }) =>
    spec.template === undefined ? [] : [spec.template.spec.securityContext],
  );
  expect(pods).toHaveLength(6);
  for (const { runAsUser, runAsGroup } of pods) {
    expect(runAsUser).toBeGreaterThan(10_000);
    expect(runAsGroup).toBeGreaterThan(10_000);
  }
});
