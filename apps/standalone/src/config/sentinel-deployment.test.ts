import { readFileSync } from 'node:fs';

import { loadFeedPublisherConfig } from '@outcry/feed-publisher';
import { loadGatewayConfig } from '@outcry/gateway';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

interface ComposeService {
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, unknown>>;
}

interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

const DEPLOY = new URL('../../../../deploy/', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, DEPLOY), 'utf8');
const base = parse(read('docker-compose.yml'), { merge: true }) as ComposeFile;
const override = parse(read('docker-compose.sentinel.yml'), { merge: true }) as ComposeFile;
const URL_OF_SENTINELS = /^redis\+sentinel:\/\/([^/]+)\/(.+)$/;

describe('deploy/docker-compose.sentinel.yml', () => {
  it('gives both services the sentinels of the file, by the name that these have for the primary', () => {
    const start = read('redis/start-sentinel.sh');
    const load = { gateway: loadGatewayConfig, 'feed-publisher': loadFeedPublisherConfig };
    for (const [name, loadConfig] of Object.entries(load)) {
      const environment = { ...base.services[name]?.environment, ...override.services[name]?.environment };
      const settings = Object.entries(environment).map(([key, value]) => [key, value.replace(/\$\{\w+:-(.*)\}/, '$1')]);
      const inImage = name === 'gateway' ? { OUTCRY_DEMO_DIR: '/app/demo' } : {};
      const { config } = loadConfig({ ...inImage, ...(Object.fromEntries(settings) as object) });
      const [, hosts = '', primary = ''] = URL_OF_SENTINELS.exec(config.redis.url) ?? [];
      const sentinels = Object.keys(override.services).filter((service) => service.startsWith('sentinel-'));
      expect(hosts.split(',')).toEqual(sentinels);
      expect(start).toContain(`\nsentinel monitor ${primary} redis 6379 2\n`);
      expect(Object.keys(override.services[name]?.depends_on ?? {})).toEqual(['redis', ...sentinels]);
      expect(config.redis.requiresReplicas).toBe(true);
    }
  });

  it('has two servers that differ from the one of docker-compose.yml by what a failover needs, and from each other by name', () => {
    const command = base.services['redis']?.command ?? [];
    const [primary = [], replica = []] = ['redis', 'redis-replica'].map((name) => override.services[name]?.command);
    expect(primary.slice(0, command.length)).toEqual(command);
    const end = ['--min-replicas-to-write', '1', '--min-replicas-max-lag', '10', '--replica-announce-ip'];
    expect(primary.slice(command.length)).toEqual([...end, 'redis']);
    expect(replica).toEqual([...command, ...end, 'redis-replica', '--replicaof', 'redis 6379']);
  });

  it('keeps what each server and each sentinel knows in a volume of its own', () => {
    const mounted = Object.values(override.services)
      .flatMap(({ volumes = [] }) => volumes)
      .filter((volume) => volume.endsWith(':/data'))
      .map((volume) => volume.replace(':/data', ''));
    expect(mounted.sort()).toEqual(Object.keys(override.volumes).sort());
    expect(new Set(mounted).size).toBe(mounted.length);
  });
});
