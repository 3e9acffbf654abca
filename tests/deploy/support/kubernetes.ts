import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { CACHE, goInstall, isOnPath } from './tools.ts';

const VERSION = '1.34.1';
/** Kubernetes' own module takes these from its own tree, and has to be told by whoever builds it where they are. */
const STAGING = [
  ...['api', 'apiextensions-apiserver', 'apimachinery', 'apiserver', 'cli-runtime', 'client-go', 'cloud-provider'],
  ...['cluster-bootstrap', 'code-generator', 'component-base', 'component-helpers', 'controller-manager', 'cri-api'],
  ...['cri-client', 'csi-translation-lib', 'dynamic-resource-allocation', 'endpointslice', 'externaljwt', 'kms'],
  ...['kube-aggregator', 'kube-controller-manager', 'kube-proxy', 'kube-scheduler', 'kubectl', 'kubelet', 'metrics'],
  ...['mount-utils', 'pod-security-admission', 'sample-apiserver', 'sample-cli-plugin', 'sample-controller'],
];

const PROGRAMS = {
  'kube-apiserver': ['k8s.io/kubernetes/cmd/kube-apiserver/app', 'NewAPIServerCommand'],
  kubectl: ['k8s.io/kubectl/pkg/cmd', 'NewDefaultKubectlCommand'],
} as const;

/** The API server of Kubernetes, built once: minutes on two cores. */
export async function findApiServer(): Promise<string> {
  return findProgram('kube-apiserver');
}

/** kubectl: from the PATH, or built as well. */
export async function findKubectl(): Promise<string> {
  return (await isOnPath('kubectl')) ? 'kubectl' : findProgram('kubectl');
}

/** Debian's package etcd-server, or anybody's. */
export async function findEtcd(): Promise<string> {
  if (await isOnPath('etcd')) return 'etcd';
  throw new Error('there is no etcd on the PATH: apt-get install etcd-server');
}

async function findProgram(name: keyof typeof PROGRAMS): Promise<string> {
  const built = join(CACHE, 'bin', name);
  if (existsSync(built)) return built;
  const source = join(CACHE, 'kubernetes');
  const [packageName, command] = PROGRAMS[name];
  mkdirSync(join(source, name), { recursive: true });
  const replaced = STAGING.map((module) => `replace k8s.io/${module} => k8s.io/${module} v0.${VERSION.slice(2)}`);
  writeFileSync(
    join(source, 'go.mod'),
    `module kubernetes\ngo 1.24.0\nrequire k8s.io/kubernetes v${VERSION}\n${replaced.join('\n')}\n`,
  );
  writeFileSync(
    join(source, name, 'main.go'),
    `package main
import (
	"os"
	"k8s.io/component-base/cli"
	program "${packageName}"
)
func main() { os.Exit(cli.Run(program.${command}())) }
`,
  );
  const stamps = Object.entries({ gitVersion: `v${VERSION}`, gitMajor: '1', gitMinor: VERSION.split('.')[1] ?? '' });
  const flags = stamps.map(([key, value]) => `-X k8s.io/component-base/version.${key}=${value}`).join(' ');
  await goInstall(['-mod=mod', '-ldflags', flags, `./${name}`], source);
  return built;
}
