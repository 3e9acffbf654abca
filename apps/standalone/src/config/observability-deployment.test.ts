import { existsSync, readdirSync, readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const DEPLOY = new URL('../../../../deploy/', import.meta.url);
const PROFILE = 'observability';
const INTERNAL_PORT = 8081;

interface ComposeService {
  readonly profiles?: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly networks?: readonly string[];
}

const readYaml = (path: string): unknown => parse(readFileSync(new URL(path, DEPLOY), 'utf8'), { merge: true });
const { services } = readYaml('docker-compose.yml') as { services: Readonly<Record<string, ComposeService>> };
const { prometheus, grafana } = services;

/** What a container sees, by where it sees it: a path from `deploy`. */
function mountsOf({ volumes = [] }: ComposeService = {}): ReadonlyMap<string, string> {
  const bound = volumes.map((volume) => volume.split(':')).filter(([from = '']) => from.startsWith('./'));
  return new Map(bound.map(([from = '', to = '']) => [to, from]));
}

/** Where a path in a container is in `deploy`. */
function behind(path: string, service?: ComposeService): URL | undefined {
  const mounts = [...mountsOf(service)];
  const [to, from] = mounts.find(([seen]) => path === seen || path.startsWith(`${seen}/`)) ?? [];
  return to === undefined || from === undefined ? undefined : new URL(from + path.slice(to.length), DEPLOY);
}

describe('the profile observability of docker-compose.yml', () => {
  it('starts nothing unless it is asked for, and is reached from this machine alone', () => {
    for (const service of [prometheus, grafana]) {
      expect(service?.profiles).toEqual([PROFILE]);
      expect(service?.ports?.every((port) => port.startsWith('127.0.0.1:'))).toBe(true);
    }
  });

  it('mounts what is there', () => {
    for (const from of [...mountsOf(prometheus).values(), ...mountsOf(grafana).values()]) {
      expect(existsSync(new URL(from, DEPLOY)), from).toBe(true);
    }
  });

  it('scrapes every kind of service, on its internal port, by a network that both are on', () => {
    const { scrape_configs: jobs } = readYaml('observability/prometheus.yml') as {
      scrape_configs: readonly { job_name: string; dns_sd_configs: readonly { names: string[]; port: number }[] }[];
    };
    const scraped = jobs.map(({ job_name: job, dns_sd_configs: [target] }) => {
      expect(target?.port).toBe(INTERNAL_PORT);
      const [name = ''] = target?.names ?? [];
      expect(services[name]?.networks).toContain(prometheus?.networks?.[0]);
      return [job, name];
    });
    const own = Object.keys(services).filter((name) => services[name]?.environment?.['OUTCRY_REDIS_URL'] !== undefined);
    expect(scraped).toEqual(own.map((name) => [`outcry-${name}`, name]));
  });

  it('loads every file of rules, and not their tests', () => {
    const { rule_files: globs } = readYaml('observability/prometheus.yml') as { rule_files: readonly string[] };
    expect(globs).toHaveLength(1);
    const [folder, glob] = (globs[0] ?? '').split(/\/(?=[^/]*$)/);
    expect(glob).toBe('*.yaml');
    expect(behind(folder ?? '', prometheus)?.pathname).toBe(new URL('observability/alerts', DEPLOY).pathname);
    const names = readdirSync(new URL('observability/alerts', DEPLOY));
    expect(names.filter((name) => name !== 'tests').every((name) => name.endsWith('.yaml'))).toBe(true);
  });

  it('shows Grafana its Prometheus and every dashboard, the one of the fleet first', () => {
    const { datasources } = readYaml('observability/grafana/datasources/prometheus.yaml') as {
      datasources: readonly { url: string; type: string }[];
    };
    expect(datasources).toMatchObject([{ type: 'prometheus', url: 'http://prometheus:9090' }]);
    expect(prometheus?.ports?.[0]).toMatch(/:9090$/);
    const { providers } = readYaml('observability/grafana/dashboards/outcry.yaml') as {
      providers: readonly { options: { path: string } }[];
    };
    const folder = behind(providers[0]?.options.path ?? '', grafana);
    expect(folder?.pathname).toBe(new URL('observability/dashboards', DEPLOY).pathname);
    const home = behind(grafana?.environment?.['GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH'] ?? '', grafana);
    expect(JSON.parse(readFileSync(home ?? '', 'utf8'))).toMatchObject({ uid: 'outcry-fleet' });
  });
});
