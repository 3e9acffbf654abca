import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { loadFeedPublisherConfig } from '@outcry/feed-publisher';
import { loadGatewayConfig } from '@outcry/gateway';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

type Environment = Readonly<Record<string, string>>;

interface ComposeFile {
  readonly services: Readonly<
    Record<string, { readonly environment?: Environment; readonly ports?: readonly string[] }>
  >;
}

const DEPLOY = new URL('../../../../deploy/', import.meta.url);
/** What somebody who deploys says; whatever is not here has a default or is missed. */
const SECRETS = ['AUTH_SECRET', 'API_KEYS', 'REDIS_GATEWAY_PASSWORD', 'REDIS_PUBLISHER_PASSWORD'];
const GIVEN: Environment = {
  ...Object.fromEntries(SECRETS.map((name) => [`OUTCRY_${name}`, createHash('sha256').update(name).digest('hex')])),
  OUTCRY_ORIGINS: 'https://chat.example.com',
  OUTCRY_TLS_DIR: './tls',
  OUTCRY_FEED_SOURCE: 'simulator',
};

const read = (path: string): string => readFileSync(new URL(path, DEPLOY), 'utf8');
const base = read('docker-compose.yml');
const override = read('docker-compose.secure.yml');

/** As Compose puts values into a file: `${NAME:-default}`, and `${NAME:?why not}` where there is none. */
function interpolate(text: string, given: Environment): string {
  return text.replace(/\$\{(\w+):([-?][^}]*)\}/g, (_, name: string, otherwise: string) => {
    const value = given[name] ?? (otherwise.startsWith('-') ? otherwise.slice(1) : undefined);
    if (value === undefined) throw new Error(otherwise.slice(1));
    return value;
  });
}

function servicesOf(text: string, given = GIVEN): ComposeFile['services'] {
  return (parse(interpolate(text, given), { merge: true }) as ComposeFile).services;
}

/** The environment of a service where both files are given. */
function environmentOf(service: string, given = GIVEN): Environment {
  const [below, above] = [base, override].map((text) => servicesOf(text, given)[service]?.environment);
  return { ...below, ...above };
}

describe('deploy/docker-compose.secure.yml', () => {
  it.each(Object.keys(GIVEN))('starts nothing without %s, and says so', (name) => {
    const { [name]: _, ...others } = GIVEN;
    expect(() => servicesOf(override, others)).toThrow(`${name} is not set`);
  });

  it('makes services that start in production mode, and would not with a weak secret', () => {
    const inImage = { OUTCRY_INTERNAL_HOST: '0.0.0.0', OUTCRY_DEMO_DIR: '/app/demo' };
    const load = (given: Environment): unknown => loadGatewayConfig({ ...inImage, ...environmentOf('gateway', given) });
    expect(() => load(GIVEN)).not.toThrow();
    expect(() => load({ ...GIVEN, OUTCRY_AUTH_SECRET: 'a'.repeat(32) })).toThrow('OUTCRY_AUTH_SECRET');
    const publisher = environmentOf('feed-publisher');
    expect(publisher['OUTCRY_ENV']).toBe('production');
    expect(() => loadFeedPublisherConfig(publisher)).not.toThrow();
  });

  it('brings rules by which users talk in the lobby and to each other', () => {
    const rules = new URL('room-rules/chat.json', DEPLOY);
    const { config } = loadGatewayConfig({
      OUTCRY_DEMO_DIR: '/app/demo',
      ...environmentOf('gateway', { ...GIVEN, OUTCRY_ROOM_RULES_FILE: fileURLToPath(rules) }),
    });
    const rightsIn = (room: string): readonly string[] => [...config.roomRules.of(room).users].sort();
    expect(rightsIn('lobby')).toEqual(['presence', 'read', 'signal', 'write']);
    expect(rightsIn('@ann')).toEqual(['signal', 'write']);
    expect(rightsIn('elsewhere')).toEqual([]);
  });

  it.each([
    ['gateway', 'gateway'],
    ['feed-publisher', 'publisher'],
  ])('lets %s reach Redis as the user %s only, with the password that the user gets', (service, user) => {
    const variable = `OUTCRY_REDIS_${user.toUpperCase()}_PASSWORD`;
    const url = new URL(environmentOf(service)['OUTCRY_REDIS_URL'] ?? '');
    expect([url.username, url.password]).toEqual([user, GIVEN[variable]]);
    const users = read('redis/users.acl');
    expect(users).toMatch(/^user default off$/m);
    expect(users).toMatch(new RegExp(`^user ${user} on `, 'm'));
    expect(read('redis/start-with-users.sh')).toContain(`s/^user ${user} on /&#$(hash "$${variable}") /`);
    expect(environmentOf('redis')).toHaveProperty([variable], GIVEN[variable]);
  });

  it('publishes the port of HAProxy alone to others than this machine', () => {
    const published = [base, override].flatMap((text) =>
      Object.entries(servicesOf(text)).flatMap(([service, { ports = [] }]) => ports.map((port) => [service, port])),
    );
    // Of the profile `observability`.
    const open = published.filter(([, port = '']) => !port.startsWith('127.0.0.1:'));
    expect(open).toEqual([['haproxy', '0.0.0.0:1337:1337']]);
  });
});
