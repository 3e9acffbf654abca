import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type Manifest } from '../manifests.ts';
import { run, tryRun } from '../tools.ts';
import { type Stores } from './container-arguments.ts';
import { Edge } from './edge.ts';
import { Pod } from './pod.ts';
import { type WorkloadSpec } from './pod-spec.ts';
import { Workload } from './workload.ts';

export interface PodClusterOptions {
  /** What Kubernetes would be given. */
  readonly objects: readonly Manifest[];
  /** What is made in a cluster by hand. */
  readonly configMaps: Stores;
  readonly secrets: Stores;
  readonly gateways: number;
}

/** The pods of rendered manifests as containers on one network, and HAProxy in front of the gateways. */
export class PodCluster implements AsyncDisposable {
  readonly #options: PodClusterOptions;
  readonly #folder = mkdtempSync(join(tmpdir(), 'outcry-pods-'));
  readonly #network = `outcry-pods-${randomBytes(4).toString('hex')}`;
  readonly #all: Pod[] = [];
  readonly #configMaps: Stores;
  #edge: Edge | undefined;

  readonly redis: Workload;
  readonly publishers: Workload;
  readonly gateways: Workload;

  private constructor(options: PodClusterOptions) {
    this.#options = options;
    this.#configMaps = { ...storesOf(options.objects), ...options.configMaps };
    this.redis = this.#workload('StatefulSet', 'redis');
    this.publishers = this.#workload('Deployment', 'feed-publisher');
    this.gateways = this.#workload('Deployment', 'gateway');
  }

  /** Redis first, then all others at once. */
  static async start(options: PodClusterOptions): Promise<PodCluster> {
    const cluster = new PodCluster(options);
    try {
      await run('docker', ['network', 'create', '--label', 'outcry.pods=true', cluster.#network]);
      cluster.#edge = await Edge.start(cluster.#network, `${cluster.#network}-edge`, join(cluster.#folder, 'edge'));
      await cluster.redis.scale(1);
      const publishers = cluster.publishers.spec.replicas ?? 1;
      await Promise.all([cluster.publishers.scale(publishers), cluster.gateways.scale(options.gateways)]);
      await cluster.#edge.settled();
      return cluster;
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Where clients come. */
  get url(): string {
    if (this.#edge === undefined) throw new Error('nothing is there yet');
    return this.#edge.url;
  }

  /** What should not have been, of all pods that there ever were. */
  get troubles(): readonly string[] {
    return this.#all.flatMap(({ troubles }) => troubles);
  }

  async settled(): Promise<void> {
    await this.#edge?.settled();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#all.map((pod) => pod.remove()));
    await this.#edge?.[Symbol.asyncDispose]();
    await tryRun('docker', ['network', 'rm', this.#network]);
    rmSync(this.#folder, { recursive: true });
  }

  #workload(kind: string, name: string): Workload {
    const found = this.#options.objects.find((object) => object.kind === kind && object.metadata.name === name);
    if (found === undefined) throw new Error(`there is no ${kind}/${name}`);
    const spec = found['spec'] as WorkloadSpec;
    return new Workload(spec, () => this.#pod(name, spec));
  }

  #pod(workload: string, { template, volumeClaimTemplates = [] }: WorkloadSpec): Pod {
    // As long as Kubernetes' names of a Deployment's pods, or longer.
    const name = `${workload}-${randomBytes(5).toString('hex')}-${randomBytes(2).toString('hex')}x`;
    const pod = new Pod(name, template.spec, {
      around: {
        network: this.#network,
        aliases: this.#servicesOf(template.metadata.labels),
        configMaps: this.#configMaps,
        secrets: this.#options.secrets,
        folder: join(this.#folder, name),
        claims: volumeClaimTemplates.map(({ metadata }) => metadata.name),
      },
      events: {
        changed: (changed) => {
          if (workload === 'gateway') this.#edge?.change(changed);
        },
      },
    });
    this.#all.push(pod);
    return pod;
  }

  /** Names of Services that mean a pod with these labels. */
  #servicesOf(labels: Readonly<Record<string, string>>): readonly string[] {
    const services = this.#options.objects.filter(({ kind }) => kind === 'Service');
    return services.flatMap(({ metadata, spec }) => {
      const { selector } = spec as { readonly selector: Readonly<Record<string, string>> };
      return Object.entries(selector).every(([key, value]) => labels[key] === value) ? [metadata.name] : [];
    });
  }
}

function storesOf(objects: readonly Manifest[]): Stores {
  const maps = objects.filter(({ kind }) => kind === 'ConfigMap');
  return Object.fromEntries(maps.map(({ metadata, data }) => [metadata.name, data as Stores[string]]));
}
