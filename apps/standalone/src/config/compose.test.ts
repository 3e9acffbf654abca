import { readFileSync } from 'node:fs';

import { readSettings } from '@outcry/config';
import { COMMON_SETTINGS } from '@outcry/service';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';

/** The services that wait for Redis by themselves. */
const PATIENT = ['gateway', 'feed-publisher', 'inbound', 'archive', 'events'];
/** Every start that is known to end well was over by then, on machines that were busy with others. */
const SLOW_START_SECONDS = 60;

interface Healthcheck {
  readonly test: readonly string[];
  readonly timeout: string;
  readonly start_period?: string;
}

interface ComposeService {
  readonly healthcheck?: Healthcheck;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

describe('deploy/docker-compose.yml', () => {
  const text = readFileSync(new URL('../../../../deploy/docker-compose.yml', import.meta.url), 'utf8');
  const { services } = parse(text, { merge: true }) as { services: Readonly<Record<string, ComposeService>> };
  const awaited = Object.values(services)
    .flatMap(({ depends_on = {} }) => Object.entries(depends_on))
    .flatMap(([name, { condition }]) => (condition === 'service_healthy' ? [name] : []));

  it('has nothing that `up` could give up but the archive without its database', () => {
    expect(awaited).toEqual(['postgres']);
  });

  it.each(PATIENT)('gives %s as long to be healthy as it waits for Redis', (name) => {
    const { OUTCRY_REDIS_WAIT_MS: waitMs } = readSettings(COMMON_SETTINGS, {});
    expect(secondsOf(services[name]?.healthcheck?.start_period) * 1000).toBeGreaterThanOrEqual(waitMs);
  });

  it.each(Object.entries(services))('takes %s for unhealthy only when it had time to start', (_, { healthcheck }) => {
    expect(secondsOf(healthcheck?.start_period)).toBeGreaterThan(SLOW_START_SECONDS);
    expect(secondsOf(healthcheck?.timeout)).toBeGreaterThanOrEqual(10);
    expect(healthcheck?.test).not.toContainEqual(expect.stringMatching(/\bnode\b/));
    // docker-compose 1.29 refuses a file with it.
    expect(healthcheck).not.toHaveProperty('start_interval');
  });
});

/** Of a Redis that keeps a file of all that it is told: the options that it is started with. */
function redisCommands(text: string): readonly (readonly string[])[] {
  const found: (readonly string[])[] = [];
  const look = (value: unknown): void => {
    if (Array.isArray(value) && value.includes('redis-server') && value.includes('--appendonly')) found.push(value);
    else if (typeof value === 'object' && value !== null) Object.values(value).forEach(look);
  };
  for (const document of parseAllDocuments(text, { merge: true })) look(document.toJS());
  return found;
}

describe.each([
  ['docker-compose.yml', 1],
  ['docker-compose.sentinel.yml', 2],
  ['docker-compose.cluster.yml', 6],
  ['k8s/redis.yaml', 1],
])('the Redis of deploy/%s', (file, count) => {
  const commands = redisCommands(readFileSync(new URL(`../../../../deploy/${file}`, import.meta.url), 'utf8'));

  it('rewrites its append-only file before that is many times what it holds', () => {
    expect(commands.length).toBeGreaterThanOrEqual(count);
    for (const command of commands) {
      const at = command.indexOf('--auto-aof-rewrite-min-size');
      expect(command.slice(at, at + 2)).toEqual(['--auto-aof-rewrite-min-size', '4mb']);
    }
  });
});

function secondsOf(duration = ''): number {
  expect(duration).toMatch(/^\d+s$/);
  return Number.parseInt(duration, 10);
}
