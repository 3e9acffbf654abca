import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { type ContainerSpec, expectKnown, type PodSpec, quantityOf, type Variable, type Volume } from './pod-spec.ts';

/** By name: the keys of a ConfigMap or a secret. */
export type Stores = Readonly<Record<string, Readonly<Record<string, string>>>>;

export interface Surroundings {
  readonly network: string;
  /** By which others find it: the names of Services that mean it. */
  readonly aliases: readonly string[];
  readonly configMaps: Stores;
  readonly secrets: Stores;
  /** For the files of its volumes; its own. */
  readonly folder: string;
  /** Names of volumes that outlive it. */
  readonly claims: readonly string[];
  /** Where the host reaches a port of it, by the port's name. */
  readonly published: ReadonlyMap<string, number>;
}

/** `docker create` with everything that a pod says, and nothing else. */
export function containerArguments(name: string, pod: PodSpec, around: Surroundings): readonly string[] {
  expectKnown(pod);
  const [container] = pod.containers;
  const [entrypoint, ...rest] = container.command ?? [];
  return [
    ...['create', '--name', name, '--hostname', name, '--network', around.network, '--label', 'outcry.pods=true'],
    ...around.aliases.flatMap((alias) => ['--network-alias', alias]),
    ...securityArguments(pod),
    ...resourceArguments(container),
    ...environmentOf(name, container.env, around).flatMap(([key, value]) => ['--env', `${key}=${value}`]),
    ...portArguments(container, around),
    ...pod.volumes.flatMap((volume) => volumeArguments(volume, pod, around)),
    ...around.claims.flatMap((claim) => claimArguments(claim, pod, around)),
    ...(entrypoint === undefined ? [] : ['--entrypoint', entrypoint]),
    container.image,
    ...rest,
    ...(container.args ?? []),
  ];
}

function securityArguments({ securityContext, containers: [container] }: PodSpec): readonly string[] {
  const { runAsUser, runAsGroup, runAsNonRoot, sysctls = [] } = securityContext;
  if (!runAsNonRoot || runAsUser === 0) throw new Error('nobody is root here');
  const { allowPrivilegeEscalation, readOnlyRootFilesystem, capabilities } = container.securityContext;
  return [
    ...['--user', `${String(runAsUser)}:${String(runAsGroup)}`],
    ...(allowPrivilegeEscalation ? [] : ['--security-opt', 'no-new-privileges']),
    ...(readOnlyRootFilesystem ? ['--read-only'] : []),
    ...capabilities.drop.flatMap((capability) => ['--cap-drop', capability]),
    ...sysctls.flatMap(({ name, value }) => ['--sysctl', `${name}=${value}`]),
  ];
}

function resourceArguments({ resources }: ContainerSpec): readonly string[] {
  const memory = String(quantityOf(resources.limits.memory));
  // As the kubelet has the kernel share a processor.
  const shares = String(Math.max(2, Math.round(quantityOf(resources.requests.cpu) * 1024)));
  return ['--memory', memory, '--memory-swap', memory, '--cpu-shares', shares];
}

/** `$(NAME)` is replaced where NAME stands before it. */
function environmentOf(pod: string, variables: readonly Variable[], around: Surroundings): readonly [string, string][] {
  const known = new Map<string, string>();
  for (const variable of variables) {
    const value = valueOf(pod, variable, around);
    if (value === undefined) continue;
    known.set(
      variable.name,
      value.replace(/\$\((\w+)\)/g, (whole, other: string) => known.get(other) ?? whole),
    );
  }
  return [...known];
}

function valueOf(pod: string, { name, value, valueFrom = {} }: Variable, around: Surroundings): string | undefined {
  const { fieldRef, configMapKeyRef, secretKeyRef } = valueFrom;
  if (fieldRef !== undefined) {
    if (fieldRef.fieldPath !== 'metadata.name') throw new Error(`${name} is of a field that is not known here`);
    return pod;
  }
  const reference = configMapKeyRef ?? secretKeyRef;
  if (reference === undefined) return value;
  const store = (secretKeyRef === undefined ? around.configMaps : around.secrets)[reference.name];
  const found = store?.[reference.key];
  // Kubernetes says CreateContainerConfigError.
  if (found === undefined && reference.optional !== true) throw new Error(`${reference.name} has no ${reference.key}`);
  return found;
}

function portArguments({ ports }: ContainerSpec, { published }: Surroundings): readonly string[] {
  return ports.flatMap(({ name, containerPort }) => {
    const port = published.get(name);
    return port === undefined ? [] : ['--publish', `127.0.0.1:${String(port)}:${String(containerPort)}`];
  });
}

function volumeArguments(volume: Volume, pod: PodSpec, around: Surroundings): readonly string[] {
  const { name, configMap, secret, emptyDir } = volume;
  const [mount] = pod.containers[0].volumeMounts.filter((each) => each.name === name);
  if (mount === undefined) throw new Error(`nobody mounts ${name}`);
  if (emptyDir !== undefined) {
    return ['--tmpfs', `${mount.mountPath}:rw,size=${String(quantityOf(emptyDir.sizeLimit))},mode=1777`];
  }
  const source = configMap ?? secret;
  if (source === undefined) throw new Error(`${name} is a volume of a kind that is not known here`);
  const store = secret === undefined ? around.configMaps[configMap?.name ?? ''] : around.secrets[secret.secretName];
  if (store === undefined && source.optional !== true) throw new Error(`there is nothing to mount as ${name}`);
  return ['--volume', `${writeFiles(join(around.folder, name), store ?? {})}:${mount.mountPath}:ro`];
}

function writeFiles(folder: string, store: Stores[string]): string {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(store)) writeFileSync(join(folder, name), text, { mode: 0o644 });
  return folder;
}

/** As the kubelet has it for `fsGroup`: of that group, who may write, and whose new files are the group's. */
function claimArguments(name: string, pod: PodSpec, around: Surroundings): readonly string[] {
  const [mount] = pod.containers[0].volumeMounts.filter((each) => each.name === name);
  const { fsGroup } = pod.securityContext;
  if (mount === undefined || fsGroup === undefined) throw new Error(`${name} is nobody's`);
  const folder = join(around.folder, name);
  mkdirSync(folder, { recursive: true });
  chownSync(folder, 0, fsGroup);
  chmodSync(folder, 0o2775);
  return ['--volume', `${folder}:${mount.mountPath}`];
}
