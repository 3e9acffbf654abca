import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';

import { loadFeedPublisherConfig } from '@outcry/feed-publisher';
import { loadGatewayConfig } from '@outcry/gateway';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';

type Labels = Readonly<Record<string, string>>;

interface Selector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly { readonly key: string; readonly values: readonly string[] }[];
}

interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: {
    readonly secretKeyRef?: { readonly name: string; readonly key: string };
    readonly configMapKeyRef?: { readonly name: string; readonly key: string; readonly optional?: boolean };
    readonly fieldRef?: { readonly fieldPath: string };
  };
}

interface Probe {
  readonly httpGet?: { readonly path: string; readonly port: string };
  readonly exec?: object;
}

interface Container {
  readonly name: string;
  readonly args?: readonly string[];
  readonly env: readonly Variable[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly securityContext: object;
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  readonly lifecycle?: { readonly preStop: { readonly sleep: { readonly seconds: number } } };
  readonly startupProbe?: Probe;
  readonly livenessProbe: Probe;
  readonly readinessProbe: Probe;
}

interface Pod {
  readonly enableServiceLinks: boolean;
  readonly automountServiceAccountToken: boolean;
  readonly terminationGracePeriodSeconds?: number;
  readonly securityContext: {
    readonly runAsUser: number;
    readonly sysctls?: readonly { readonly name: string; readonly value: string }[];
  };
  readonly topologySpreadConstraints?: readonly { readonly labelSelector: Selector }[];
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
}

interface Workload {
  readonly kind: 'Deployment' | 'StatefulSet';
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly replicas?: number;
    readonly minReadySeconds?: number;
    readonly selector: Selector;
    readonly template: {
      readonly metadata: { readonly labels: Labels; readonly annotations?: Labels };
      readonly spec: Pod;
    };
  };
}

interface Service {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly selector: Labels;
    readonly ports: readonly { readonly name: string; readonly port: number; readonly targetPort: string }[];
  };
}

interface Ingress {
  readonly spec: {
    readonly tls: readonly { readonly hosts: readonly string[] }[];
    readonly rules: readonly {
      readonly host: string;
      readonly http: {
        readonly paths: readonly {
          readonly backend: { readonly service: { readonly name: string; readonly port: { readonly name: string } } };
        }[];
      };
    }[];
  };
}

interface Rule {
  readonly from?: readonly { readonly podSelector?: Selector }[];
  readonly to?: readonly { readonly podSelector?: Selector }[];
  readonly ports: readonly { readonly port: number }[];
}

interface NetworkPolicy {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly podSelector: Selector;
    readonly ingress?: readonly Rule[];
    readonly egress?: readonly Rule[];
  };
}

interface Autoscaler {
  readonly spec: {
    readonly minReplicas: number;
    readonly scaleTargetRef: { readonly kind: string; readonly name: string };
  };
}

interface Budget {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly selector: Selector };
}

interface Kustomization {
  readonly resources: readonly string[];
  readonly configMapGenerator?: readonly { readonly name: string; readonly files: readonly string[] }[];
}

interface ComposeFile {
  readonly 'x-buffers': Labels;
  readonly services: Readonly<Record<string, { readonly command?: readonly string[]; readonly scale?: number }>>;
}

const DEPLOY = new URL('../../../../deploy/', import.meta.url);
const K8S = new URL('k8s/', DEPLOY);
const read = (path: string): string => readFileSync(new URL(path, DEPLOY), 'utf8');

const kustomizationText = read('k8s/kustomization.yaml');
const kustomization = parse(kustomizationText) as Kustomization;
const REDIS_USERS = '../redis';
const files = kustomization.resources.filter((resource) => resource !== REDIS_USERS);
const manifests = files.flatMap((file) =>
  parseAllDocuments(read(`k8s/${file}`)).map((document) => document.toJS() as { readonly kind: string }),
);
const ofKind = (...kinds: readonly string[]): unknown => manifests.filter(({ kind }) => kinds.includes(kind));

const workloads = ofKind('Deployment', 'StatefulSet') as readonly Workload[];
const services = ofKind('Service') as readonly Service[];
const ingresses = ofKind('Ingress') as readonly Ingress[];
const policies = ofKind('NetworkPolicy') as readonly NetworkPolicy[];
const budgets = ofKind('PodDisruptionBudget') as readonly Budget[];
const autoscalers = ofKind('HorizontalPodAutoscaler') as readonly Autoscaler[];
const compose = parse(read('docker-compose.yml'), { merge: true }) as ComposeFile;

function named<T extends { readonly metadata: { readonly name: string } }>(items: readonly T[], name: string): T {
  const item = items.find(({ metadata }) => metadata.name === name);
  if (item === undefined) throw new Error(`there is no ${name}`);
  return item;
}

function containerOf(workload: Workload): Container {
  const [container, ...others] = workload.spec.template.spec.containers;
  if (container === undefined || others.length > 0) throw new Error(`${workload.metadata.name} has not one container`);
  return container;
}

/** As long as Kubernetes makes the names of a Deployment's pods. */
const podNameOf = ({ metadata }: Workload): string => `${metadata.name}-5f4d8c7b9f-x2x4k`;
const secretOf = (key: string): string => createHash('sha256').update(key).digest('hex');

/** What kustomization.yaml tells to type before anything starts. */
const commands = kustomizationText.replaceAll(/^#\s*/gm, '');
const settingsCommand = /^kubectl create configmap outcry-settings --namespace outcry (.*\\\n)*.*$/m.exec(
  commands,
)?.[0];
const givenSettings = new Map(
  [...(settingsCommand ?? '').matchAll(/--from-literal=(\w+)=(\S+)/g)].map(([, name = '', value = '']) => [
    name,
    value,
  ]),
);

/** What a container gets: `$(NAME)` is replaced where NAME stands before it, and stays as it is elsewhere. */
function environmentOf(workload: Workload, secretAt = secretOf): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const { name, value, valueFrom } of containerOf(workload).env) {
    const { secretKeyRef, configMapKeyRef, fieldRef } = valueFrom ?? {};
    const expand = (whole: string, before: string): string => environment[before] ?? whole;
    let given: string | undefined = value?.replace(/\$\((\w+)\)/g, expand);
    if (secretKeyRef !== undefined) given = secretAt(secretKeyRef.key);
    if (configMapKeyRef !== undefined) given = givenSettings.get(configMapKeyRef.key);
    if (fieldRef !== undefined) given = podNameOf(workload);
    if (given !== undefined) environment[name] = given;
  }
  return environment;
}

/** The settings that the stages of an image bring along. */
function imageEnvironment(...stages: readonly string[]): Record<string, string> {
  const found = read('docker/Dockerfile')
    .split(/^FROM /m)
    .filter((text) => stages.some((stage) => / AS (\S+)/.exec(text)?.[1] === stage))
    .flatMap((text) => [...text.matchAll(/(OUTCRY_\w+)=(\S+)/g)]);
  return Object.fromEntries(found.map(([, name = '', value = '']) => [name, value]));
}

const gateway = named(workloads, 'gateway');
const publisher = named(workloads, 'feed-publisher');
const redis = named(workloads, 'redis');
const loadGateway = (secretAt = secretOf): ReturnType<typeof loadGatewayConfig> =>
  loadGatewayConfig({ ...imageEnvironment('runtime', 'gateway'), ...environmentOf(gateway, secretAt) });
const loadPublisher = (): ReturnType<typeof loadFeedPublisherConfig> =>
  loadFeedPublisherConfig({ ...imageEnvironment('runtime', 'feed-publisher'), ...environmentOf(publisher) });

/** The workloads whose pods a selector means; each of its values has to mean one. */
function selected({ matchLabels = {}, matchExpressions = [] }: Selector): readonly string[] {
  const alternatives = matchExpressions.flatMap(({ key, values }) => values.map((value) => ({ [key]: value })));
  return (alternatives.length === 0 ? [{}] : alternatives).flatMap((alternative) => {
    const wanted = Object.entries({ ...alternative, ...matchLabels });
    const found = workloads.filter(({ spec }) =>
      wanted.every(([key, value]) => spec.template.metadata.labels[key] === value),
    );
    return found.length === 0 ? ['nothing'] : found.map(({ metadata }) => metadata.name);
  });
}

const each = workloads.map((workload) => [workload.metadata.name, workload] as const);

describe('deploy/k8s/kustomization.yaml', () => {
  it('names every file of its folder, and no other', () => {
    const present = readdirSync(K8S, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => `${parentPath}/${name}`.replace(/.*deploy\/k8s\/+/, ''));
    expect(present.sort()).toEqual(['kustomization.yaml', ...files].sort());
  });

  it('gives Redis the users that compose gives it', () => {
    expect(kustomization.resources).toContain(REDIS_USERS);
    const { configMapGenerator } = parse(read('redis/kustomization.yaml')) as Kustomization;
    expect(configMapGenerator).toEqual([{ name: 'redis-users', files: ['users.acl', 'start-with-users.sh'] }]);
    for (const file of configMapGenerator?.[0]?.files ?? []) expect(read(`redis/${file}`)).not.toBe('');
    expect(read('k8s/redis.yaml')).toContain('configMap: { name: redis-users }');
  });

  it('says how to make every secret that a container asks for, and no other', () => {
    const names = /^for name in ([A-Z_ ]+); do$/m
      .exec(commands)?.[1]
      ?.split(' ')
      .map((name) => `OUTCRY_${name}`);
    const references = workloads
      .flatMap((workload) => containerOf(workload).env)
      .flatMap(({ valueFrom }) => (valueFrom?.secretKeyRef === undefined ? [] : [valueFrom.secretKeyRef]));
    expect(commands).toMatch(/create secret generic outcry-secrets --namespace outcry/);
    expect(new Set(references.map(({ name }) => name))).toEqual(new Set(['outcry-secrets']));
    expect([...new Set(references.map(({ key }) => key))].sort()).toEqual(names?.sort());
  });

  it('says how to give every setting that has no default', () => {
    const references = workloads
      .flatMap((workload) => containerOf(workload).env)
      .flatMap(({ valueFrom }) => (valueFrom?.configMapKeyRef === undefined ? [] : [valueFrom.configMapKeyRef]));
    expect(new Set(references.map(({ name }) => name))).toEqual(new Set(['outcry-settings']));
    const required = references.filter(({ optional = false }) => !optional);
    expect(required.map(({ key }) => key).sort()).toEqual([...givenSettings.keys()].sort());
  });

  it('names rules for rooms that are there, where gateways find them', () => {
    const path = /OUTCRY_ROOM_RULES_FILE=(\S+)/.exec(commands)?.[1] ?? '';
    const mount = containerOf(gateway).volumeMounts.find(({ name }) => name === 'room-rules');
    expect(path).toMatch(`${mount?.mountPath ?? ''}/`);
    expect(commands).toContain('create configmap outcry-room-rules --namespace outcry --from-file=deploy/room-rules');
    expect(readdirSync(new URL('room-rules', DEPLOY))).toContain(path.split('/').at(-1));
  });

  it('has no secret in the files themselves', () => {
    expect(manifests.map(({ kind }) => kind)).not.toContain('Secret');
  });
});

describe.each(each)('the pods of %s', (_, workload) => {
  const pod = workload.spec.template.spec;

  it('cannot become root, nor write to their image, nor speak to Kubernetes', () => {
    expect(pod).toMatchObject({
      enableServiceLinks: false,
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    });
    expect(pod.securityContext.runAsUser).toBeGreaterThan(0);
    expect(pod.initContainers).toBeUndefined();
    expect(containerOf(workload).securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  it('are the ones that their selectors mean', () => {
    const spread = pod.topologySpreadConstraints?.map(({ labelSelector }) => labelSelector) ?? [];
    for (const selector of [workload.spec.selector, ...spread]) {
      expect(selected(selector)).toEqual([workload.metadata.name]);
    }
  });
});

describe('the services', () => {
  it('start in production mode, and would not with a weak secret', () => {
    expect(loadGateway().settings.OUTCRY_ENV).toBe('production');
    expect(loadPublisher().settings.OUTCRY_ENV).toBe('production');
    const weakAt = (weak: string) => (key: string) => (key === weak ? 'a'.repeat(32) : secretOf(key));
    expect(() => loadGateway(weakAt('OUTCRY_AUTH_SECRET'))).toThrow('OUTCRY_AUTH_SECRET');
    expect(() => loadGateway(weakAt('OUTCRY_API_KEYS'))).toThrow('OUTCRY_API_KEYS');
  });

  it('get nothing but settings, and what their settings are made of', () => {
    for (const workload of [gateway, publisher]) {
      const others = containerOf(workload).env.filter(({ name }) => !name.startsWith('OUTCRY_'));
      expect(others.map(({ name }) => name)).toEqual(['REDIS_PASSWORD']);
    }
  });

  it.each([
    ['gateway', () => loadGateway().config.redis.url],
    ['publisher', () => loadPublisher().config.redis.url],
  ])('reach Redis as the user %s, with the password that the user gets', (user, load) => {
    const variable = `OUTCRY_REDIS_${user.toUpperCase()}_PASSWORD`;
    const { username, password, hostname, port } = new URL(load());
    expect([username, password]).toEqual([user, secretOf(variable)]);
    expect(environmentOf(redis)).toHaveProperty([variable], password);
    const { spec } = named(services, hostname);
    expect([selected({ matchLabels: spec.selector }), spec.ports.map((each) => each.port)]).toEqual([
      ['redis'],
      [Number(port)],
    ]);
  });

  it('name a gateway after its pod', () => {
    expect(loadGateway().config.nodeId).toBe(podNameOf(gateway));
  });

  it('are reached by hosts that have a certificate', () => {
    for (const { spec } of ingresses) {
      expect(spec.tls.flatMap(({ hosts }) => hosts)).toEqual(spec.rules.map(({ host }) => host));
    }
  });

  it('have the time that they take to stop, and to come back', () => {
    const { terminationGracePeriodSeconds = 0 } = gateway.spec.template.spec;
    const preStopSeconds = containerOf(gateway).lifecycle?.preStop.sleep.seconds ?? 0;
    const { maxMs, spreadMs } = loadGateway().config.connections.drain;
    expect(preStopSeconds).toBeGreaterThan(0);
    expect(terminationGracePeriodSeconds).toBeGreaterThan(preStopSeconds + maxMs / 1000);
    expect(gateway.spec.minReadySeconds).toBeGreaterThan(spreadMs / 1000);
    const { leaseMs } = loadPublisher().config.leadership;
    expect(publisher.spec.minReadySeconds).toBeGreaterThanOrEqual((2 * leaseMs) / 1000);
  });
});

describe('the ports', () => {
  const portsOfGateway = (): Record<string, number> => {
    const { config } = loadGateway();
    return { public: config.public.port, internal: config.internal.port };
  };
  const portsOfPublisher = (): Record<string, number> => ({ internal: loadPublisher().config.internal.port });

  it.each([
    ['gateway', gateway, portsOfGateway],
    ['feed-publisher', publisher, portsOfPublisher],
  ])('of %s are those of its settings', (_, workload, load) => {
    const expected = load();
    const container = containerOf(workload);
    expect(container.ports.map(({ name, containerPort }) => [name, containerPort])).toEqual(Object.entries(expected));
    const { startupProbe, livenessProbe, readinessProbe } = container;
    expect([startupProbe, livenessProbe, readinessProbe].map((probe) => probe?.httpGet)).toEqual([
      { path: '/healthz', port: 'internal' },
      { path: '/healthz', port: 'internal' },
      { path: '/readyz', port: 'internal' },
    ]);
    expect(workload.spec.template.metadata.annotations).toMatchObject({
      'prometheus.io/port': String(expected['internal']),
    });
  });

  it('of Services are ports of the containers behind them', () => {
    for (const { spec } of services) {
      const [name = ''] = selected({ matchLabels: spec.selector });
      const behind = containerOf(named(workloads, name)).ports;
      for (const { port, targetPort } of spec.ports)
        expect(behind).toContainEqual({ name: targetPort, containerPort: port });
    }
  });

  it('of the Ingress are ports of its Service', () => {
    const paths = ingresses.flatMap(({ spec }) => spec.rules.flatMap(({ http }) => http.paths));
    for (const { backend } of paths) {
      const { spec } = named(services, backend.service.name);
      const port = spec.ports.find(({ name }) => name === backend.service.port.name);
      expect(port?.port).toBe(portsOfGateway()['public']);
    }
  });

  it.each([
    ['gateway', portsOfGateway],
    ['feed-publisher', portsOfPublisher],
    ['redis', () => ({ redis: containerOf(redis).ports[0]?.containerPort })],
  ])('that others may reach at %s are its own', (name, load) => {
    const { spec } = named(policies, name);
    expect(spec.ingress?.flatMap((rule) => rule.ports.map(({ port }) => port))).toEqual(Object.values(load()));
  });
});

describe('the policies', () => {
  it('deny what no other of them allows', () => {
    expect(named(policies, 'deny-by-default').spec).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
  });

  it('let nobody in from just anywhere', () => {
    for (const { spec } of policies) {
      for (const { from } of spec.ingress ?? []) expect(from).toHaveLength(1);
    }
  });

  it('mean pods that there are', () => {
    const others = policies.filter(({ metadata }) => metadata.name !== 'to-venue');
    for (const { spec } of others) {
      const peers = [...(spec.ingress ?? []), ...(spec.egress ?? [])].flatMap(({ from = [], to = [] }) => [
        ...from,
        ...to,
      ]);
      const selectors = [spec.podSelector, ...peers.flatMap(({ podSelector = {} }) => [podSelector])];
      for (const selector of selectors) expect(selected(selector)).not.toContain('nothing');
    }
  });

  it('let nobody out to the internet who has not been given the label for it', () => {
    const { matchLabels = {} } = named(policies, 'to-venue').spec.podSelector;
    const { 'outcry/venue': label, ...publishers } = matchLabels;
    expect(label).toBe('true');
    expect(selected({ matchLabels })).toEqual(['nothing']);
    expect(selected({ matchLabels: publishers })).toEqual(['feed-publisher']);
  });
});

describe('the cluster', () => {
  it('is as large as that of docker-compose.yml', () => {
    const [autoscaler, ...others] = autoscalers;
    expect(others).toEqual([]);
    expect(autoscaler?.spec.scaleTargetRef).toMatchObject({ kind: gateway.kind, name: gateway.metadata.name });
    // Each `kubectl apply` would undo what the autoscaler has done.
    expect(gateway.spec.replicas).toBeUndefined();
    expect(autoscaler?.spec.minReplicas).toBe(compose.services['gateway']?.scale);
    expect(publisher.spec.replicas).toBe(compose.services['feed-publisher']?.scale);
    expect(redis.spec.replicas).toBe(1);
  });

  it.each(['gateway', 'feed-publisher'])('keeps %s while nodes are drained', (name) => {
    const { spec } = named(budgets, name);
    expect(selected(spec.selector)).toEqual([name]);
    expect(spec).toMatchObject({ maxUnavailable: 1, unhealthyPodEvictionPolicy: 'AlwaysAllow' });
  });

  it('starts Redis as docker-compose.yml does', () => {
    const command = compose.services['redis']?.command?.map((word) => word.replace(/^\$\{\w+:-(.*)\}$/, '$1'));
    expect(containerOf(redis).args).toEqual(command);
  });

  it("bounds the kernel's buffers of gateways as docker-compose.yml does", () => {
    const sysctls = gateway.spec.template.spec.securityContext.sysctls ?? [];
    expect(Object.fromEntries(sysctls.map(({ name, value }) => [name, value]))).toEqual(compose['x-buffers']);
  });
});
