/** What a container of a pod is told, as the manifests write it. Fields that are not here are refused: none is left out silently. */
export interface ContainerSpec {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env: readonly Variable[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly startupProbe?: Probe;
  readonly livenessProbe: Probe;
  readonly readinessProbe: Probe;
  readonly lifecycle?: { readonly preStop: { readonly sleep: { readonly seconds: number } } };
  readonly resources: { readonly requests: Amounts; readonly limits: { readonly memory: string } };
  readonly securityContext: {
    readonly allowPrivilegeEscalation: boolean;
    readonly readOnlyRootFilesystem: boolean;
    readonly capabilities: { readonly drop: readonly string[] };
  };
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string; readonly readOnly?: boolean }[];
}

export interface Amounts {
  readonly cpu: string;
  readonly memory: string;
}

export interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: {
    readonly fieldRef?: { readonly fieldPath: string };
    readonly configMapKeyRef?: KeyReference;
    readonly secretKeyRef?: KeyReference;
  };
}

interface KeyReference {
  readonly name: string;
  readonly key: string;
  readonly optional?: boolean;
}

export interface Probe {
  readonly httpGet?: { readonly path: string; readonly port: string };
  readonly exec?: { readonly command: readonly string[] };
  readonly periodSeconds: number;
  readonly timeoutSeconds: number;
  readonly failureThreshold: number;
}

export interface Volume {
  readonly name: string;
  readonly configMap?: { readonly name: string; readonly optional?: boolean };
  readonly secret?: { readonly secretName: string; readonly optional?: boolean };
  readonly emptyDir?: { readonly medium: 'Memory'; readonly sizeLimit: string };
}

export interface PodSpec {
  readonly enableServiceLinks: boolean;
  readonly automountServiceAccountToken: boolean;
  readonly terminationGracePeriodSeconds?: number;
  readonly securityContext: {
    readonly runAsNonRoot: boolean;
    readonly runAsUser: number;
    readonly runAsGroup: number;
    readonly fsGroup?: number;
    readonly seccompProfile: { readonly type: string };
    readonly sysctls?: readonly { readonly name: string; readonly value: string }[];
  };
  readonly containers: readonly [ContainerSpec];
  readonly volumes: readonly Volume[];
}

export interface WorkloadSpec {
  readonly replicas?: number;
  readonly minReadySeconds?: number;
  readonly strategy?: {
    readonly type: string;
    readonly rollingUpdate: { readonly maxSurge: number; readonly maxUnavailable: number };
  };
  readonly template: {
    readonly metadata: { readonly labels: Readonly<Record<string, string>> };
    readonly spec: PodSpec;
  };
  readonly volumeClaimTemplates?: readonly { readonly metadata: { readonly name: string } }[];
}

/** What is the scheduler's or the API server's affair, and changes nothing for a process. */
const FOR_OTHERS = ['topologySpreadConstraints', 'serviceAccountName'];
const KNOWN = {
  pod: [
    ...['enableServiceLinks', 'automountServiceAccountToken', 'terminationGracePeriodSeconds', 'securityContext'],
    ...['containers', 'volumes', ...FOR_OTHERS],
  ],
  podSecurity: [
    ...['runAsNonRoot', 'runAsUser', 'runAsGroup', 'fsGroup', 'fsGroupChangePolicy', 'seccompProfile', 'sysctls'],
  ],
  container: [
    ...['name', 'image', 'command', 'args', 'env', 'ports', 'startupProbe', 'livenessProbe', 'readinessProbe'],
    ...['lifecycle', 'resources', 'securityContext', 'volumeMounts'],
  ],
  containerSecurity: ['allowPrivilegeEscalation', 'readOnlyRootFilesystem', 'capabilities'],
  probe: ['httpGet', 'exec', 'periodSeconds', 'timeoutSeconds', 'failureThreshold'],
  volume: ['name', 'configMap', 'secret', 'emptyDir'],
} as const;

/** Throws where a pod says something that the harness would not do. */
export function expectKnown(pod: PodSpec): void {
  const [container, ...others] = pod.containers as readonly ContainerSpec[];
  if (container === undefined || others.length > 0) throw new Error('a pod here has one container');
  only(pod, 'pod');
  only(pod.securityContext, 'podSecurity');
  only(container, 'container');
  only(container.securityContext, 'containerSecurity');
  for (const probe of [container.startupProbe, container.livenessProbe, container.readinessProbe]) {
    if (probe !== undefined) only(probe, 'probe');
  }
  for (const volume of pod.volumes) only(volume, 'volume');
  if (pod.enableServiceLinks || pod.automountServiceAccountToken)
    throw new Error('no links and no tokens are made here');
  if (pod.securityContext.seccompProfile.type !== 'RuntimeDefault') throw new Error('only the profile of the runtime');
}

function only(fields: object, what: keyof typeof KNOWN): void {
  const known: readonly string[] = KNOWN[what];
  const unknown = Object.keys(fields).filter((field) => !known.includes(field));
  if (unknown.length > 0) throw new Error(`the harness does not know ${what}: ${unknown.join(', ')}`);
}

const UNITS: Readonly<Record<string, number>> = { '': 1, m: 0.001, Ki: 1024, Mi: 1024 ** 2, Gi: 1024 ** 3 };

/** A quantity as a number: `1Gi`, `250m`. */
export function quantityOf(text: string): number {
  const [, number = '', unit = ''] = /^(\d+)(\w*)$/.exec(text) ?? [];
  const factor = UNITS[unit];
  if (number === '' || factor === undefined) throw new Error(`${text} is no quantity that is known here`);
  return Number(number) * factor;
}
