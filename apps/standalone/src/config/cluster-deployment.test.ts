import { readFileSync } from 'node:fs';

import { loadFeedPublisherConfig } from '@outcry/feed-publisher';
import { loadGatewayConfig } from '@outcry/gateway';
import { loadInboundConfig } from '@outcry/inbound';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

interface ComposeService {
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

const DEPLOY = new URL('../../../../deploy/', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, DEPLOY), 'utf8');
const base = parse(read('docker-compose.yml'), { merge: true }) as ComposeFile;
const override = parse(read('docker-compose.cluster.yml'), { merge: true }) as ComposeFile;
const SERVERS = ['redis', 'redis-2', 'redis-3', 'redis-4', 'redis-5', 'redis-6'];

describe('deploy/docker-compose.cluster.yml', () => {
  it('gives all services the servers of the file, once they are one cluster', () => {
    const load = { gateway: loadGatewayConfig, 'feed-publisher': loadFeedPublisherConfig, inbound: loadInboundConfig };
    for (const [name, loadConfig] of Object.entries(load)) {
      const environment = { ...base.services[name]?.environment, ...override.services[name]?.environment };
      const settings = Object.entries(environment).map(([key, value]) => [key, value.replace(/\$\{\w+:-(.*)\}/, '$1')]);
      const inImage = name === 'gateway' ? { OUTCRY_DEMO_DIR: '/app/demo' } : {};
      const outside = name === 'inbound' ? { OUTCRY_POSTGRES_URL: 'postgres://somewhere/else' } : {};
      const { config } = loadConfig({ ...inImage, ...(Object.fromEntries(settings) as object), ...outside });
      expect(config.redis.url).toBe(`redis+cluster://${SERVERS.join(',')}`);
      expect(override.services[name]?.depends_on?.['redis-cluster']?.condition).toBe('service_completed_successfully');
    }
  });

  it('has servers that differ from the one of docker-compose.yml by being of a cluster, and are alike', () => {
    const command = base.services['redis']?.command ?? [];
    const ofCluster = [
      '--cluster-enabled',
      'yes',
      '--cluster-node-timeout',
      '5000',
      '--cluster-require-full-coverage',
      'no',
    ];
    for (const name of SERVERS) expect(override.services[name]?.command, name).toEqual([...command, ...ofCluster]);
  });

  it('makes one cluster of all of them, half of which are replicas', () => {
    const { command, depends_on: dependsOn = {} } = override.services['redis-cluster'] ?? {};
    expect(command).toEqual(SERVERS.map((name) => `${name}:6379`));
    expect(Object.keys(dependsOn)).toEqual(SERVERS);
  });

  it('keeps what each server knows in a volume of its own', () => {
    const mounted = SERVERS.slice(1).map((name) => override.services[name]?.volumes);
    expect(mounted).toEqual(SERVERS.slice(1).map((name) => [`${name}-data:/data`]));
    expect(Object.keys(override.volumes)).toEqual(SERVERS.slice(1).map((name) => `${name}-data`));
  });
});
