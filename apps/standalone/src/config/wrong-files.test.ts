import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ConfigError, type Environment, type Sections, SettingSources } from '@outcry/config';
import { FEED_PUBLISHER_SECTIONS, loadFeedPublisherConfig } from '@outcry/feed-publisher';
import { GATEWAY_SECTIONS, loadGatewayConfig } from '@outcry/gateway';
import { INBOUND_FOLLOWS, INBOUND_SECTIONS, loadInboundConfig } from '@outcry/inbound';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

interface Service {
  readonly sections: Sections;
  readonly follows?: readonly string[];
  load(environment: Environment): unknown;
}

const GATEWAY: Service = { sections: GATEWAY_SECTIONS, load: loadGatewayConfig };
const PUBLISHER: Service = { sections: FEED_PUBLISHER_SECTIONS, load: loadFeedPublisherConfig };
const INBOUND: Service = { sections: INBOUND_SECTIONS, follows: INBOUND_FOLLOWS, load: loadInboundConfig };
const SERVICES = ['gateway', 'feedPublisher', 'inbound', 'archive', 'events', 'standalone'];

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'outcry-'));
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});

/** What a service says that is started with this file, as `FILE:line:column: …`. */
function problemsOf(content: string, environment: Environment = {}, service = GATEWAY): readonly string[] {
  const path = join(directory, 'outcry.yaml');
  writeFileSync(path, content);
  try {
    const sources = new SettingSources({ ...service, environment, path, otherServices: SERVICES });
    try {
      service.load(sources.environment);
      return [];
    } catch (err) {
      throw err instanceof ConfigError ? sources.locate(err) : err;
    }
  } catch (err) {
    if (err instanceof ConfigError) return err.problems.map((problem) => problem.replace(path, 'FILE'));
    throw err;
  }
}

const rules = (lines: string): string => `gateway:\n  rooms:\n    rules:\n${lines}`;

const WRONG: readonly (readonly [what: string, content: string, problem: string])[] = [
  [
    'a number out of its range',
    'gateway:\n  transport:\n    port: 70000\n',
    'FILE:3:11: gateway.transport.port: found 70000, expected a whole number from 0 to 65535',
  ],
  [
    'a text where a number belongs',
    'gateway:\n  rooms:\n    historyCount: "many"\n',
    'FILE:3:19: gateway.rooms.historyCount: found "many", expected a whole number from 0 to 100000',
  ],
  [
    'a number in quotes',
    "gateway: { session: { maxRooms: '5' } }\n",
    'FILE:1:33: gateway.session.maxRooms: found "5", expected a whole number from 1 to 10000',
  ],
  [
    'half a room',
    '\n\ngateway:\n  session:\n    maxRooms: 1.5\n',
    'FILE:5:15: gateway.session.maxRooms: found 1.5, expected a whole number from 1 to 10000',
  ],
  [
    'yes for true',
    'gateway:\n  site:\n    demo: yes\n',
    'FILE:3:11: gateway.site.demo: found "yes", expected `true` or `false`',
  ],
  [
    'a choice that there is not',
    'service:\n  logLevel: loud\n',
    'FILE:2:13: service.logLevel: found "loud", expected `fatal`, `error`, `warn`, `info`, `debug`, `trace`, `silent`',
  ],
  [
    'a misspelt setting',
    'gateway:\n  transport:\n    prot: 80\n',
    'FILE:3:5: found "prot", expected a setting of gateway.transport; the nearest is port',
  ],
  [
    'a misspelt section',
    'gateway:\n  transprot:\n    port: 80\n',
    'FILE:2:3: found "transprot", expected a setting of gateway; the nearest is transport',
  ],
  [
    'a misspelt service',
    'gatway:\n  api: {}\n',
    'FILE:1:1: found "gatway", expected a section; the nearest is gateway',
  ],
  [
    'the name of a variable',
    'OUTCRY_PORT: 80\n',
    'FILE:1:1: found "OUTCRY_PORT", expected a section; the nearest is gateway.transport.port',
  ],
  [
    'a setting of another section',
    'gateway:\n  transport:\n    maxRooms: 5\n',
    'FILE:3:5: found "maxRooms", expected a setting of gateway.transport; the nearest is gateway.session.maxRooms',
  ],
  [
    'a value where a section belongs',
    'gateway:\n  transport: 80\n',
    'FILE:2:14: found 80, expected a mapping with the settings of gateway.transport',
  ],
  ['a list of services', '- gateway\n', 'FILE:1:1: found a list, expected a mapping with sections'],
  [
    'nothing behind a setting',
    'gateway:\n  transport:\n    port:\n    host: 127.0.0.1\n',
    'FILE:3:10: gateway.transport.port: found nothing, expected a whole number from 0 to 65535',
  ],
  [
    'a mapping where a text belongs',
    'gateway:\n  transport:\n    host: { a: b }\n',
    'FILE:3:11: gateway.transport.host: found a mapping, expected a host name or address',
  ],
  [
    'a list with something that is none of its items',
    'gateway:\n  reception:\n    origins: [https://a.example, nowhere]\n',
    'FILE:3:14: gateway.reception.origins: found a list, expected `*`, or origins such as `https://example.com` with commas between them',
  ],
  [
    'a secret that is none, which is not shown',
    'gateway:\n  identity:\n    authSecret: hunter2\n',
    'FILE:3:17: gateway.identity.authSecret: found what is not shown, expected 32 to 512 printable ASCII characters without spaces',
  ],
  [
    'a setting that is there twice',
    'gateway:\n  transport:\n    port: 1\n    port: 2\n',
    'FILE:4:5: found what it cannot be (Map keys must be unique), expected YAML 1.2 or JSON',
  ],
  [
    'indentation by tabs',
    'gateway:\n\ttransport:\n',
    'FILE:2:1: found what it cannot be (Tabs are not allowed as indentation), expected YAML 1.2 or JSON',
  ],
  [
    'JSON that ends too early',
    '{\n  "gateway": {\n    "transport": {}\n',
    'FILE:4:1: found what it cannot be (Flow map in block collection must be sufficiently indented and end with a }), expected YAML 1.2 or JSON',
  ],
  [
    'a tag that means nothing here',
    'gateway:\n  transport:\n    host: !env HOST\n',
    'FILE:3:11: found what it cannot be (Unresolved tag), expected YAML 1.2 or JSON',
  ],
  [
    'a misspelt key of a room rule',
    rules('      - pattern: a\n        pressence: true\n'),
    'FILE:5:9: gateway.rooms.rules.0: found "pressence", expected one of its keys; the nearest is presence',
  ],
  [
    'a room rule without a pattern',
    rules('      - presence: true\n'),
    'FILE:4:9: gateway.rooms.rules.0.pattern: found nothing, expected string',
  ],
  [
    'a right that there is not',
    rules('      - pattern: a\n      - pattern: b\n        users: [read, shout]\n'),
    'FILE:6:23: gateway.rooms.rules.1.users.1: found "shout", expected one of "read"|"write"|"signal"|"presence"',
  ],
  [
    'a history that is too long',
    rules('      - { pattern: a, history: { count: 5, seconds: 99999999 } }\n'),
    'FILE:4:53: gateway.rooms.rules.0.history.seconds: found 99999999, expected number to be <=2592000',
  ],
  [
    'a scope that is none',
    rules('      - pattern: a\n        scopes:\n          "a b": [read]\n'),
    'FILE:6:11: gateway.rooms.rules.0.scopes.a b: found "a b", expected a scope: printable ASCII without spaces',
  ],
  [
    'room rules as a text with JSON',
    'gateway:\n  rooms:\n    rules: "[]"\n',
    'FILE:3:12: gateway.rooms.rules: found "[]", expected array',
  ],
  [
    'room rules that do not fit each other',
    rules('      - pattern: "*"\n      - pattern: lobby\n'),
    'FILE:5:18: gateway.rooms.rules.1.pattern: never holds, because rules.0 comes first in all of its rooms',
  ],
  [
    'a hook of a room rule that there is none for',
    rules('      - pattern: a\n        hooks: [publish]\n'),
    'FILE:5:16: gateway.rooms.rules.0.hooks: nobody is asked: OUTCRY_HOOKS_PUBLISH_URL is not set',
  ],
  [
    'settings that do not fit each other',
    'gateway:\n  connections:\n    idleTimeoutMs: 5000\n',
    'FILE:3:20: gateway.connections.idleTimeoutMs: must be more than OUTCRY_HEARTBEAT_MS, or healthy clients are cut',
  ],
  [
    'a setting that another one needs',
    'gateway:\n  site:\n    demo: true\n',
    'FILE:3:11: gateway.site.demo: OUTCRY_DEMO_DIR: required where OUTCRY_DEMO is true',
  ],
];

describe('a wrong file of settings', () => {
  it.each(WRONG)('is refused for %s, with its line and column', (_, content, problem) => {
    expect(problemsOf(content)).toEqual([problem]);
  });

  it('is refused for all that is wrong, at once and with what is wrong in the environment', () => {
    const content = 'service:\n  env: prod\ngateway:\n  transport:\n    prot: 1\n';
    expect(problemsOf(content, { OUTCRY_MAX_ROOMS: '0', OUTCRY_MAX_ROMS: '1' })).toEqual([
      'FILE:2:8: service.env: found "prod", expected `development`, `production`',
      'FILE:5:5: found "prot", expected a setting of gateway.transport; the nearest is port',
      'OUTCRY_MAX_ROOMS: expected a whole number from 1 to 10000',
      'OUTCRY_MAX_ROMS: unknown setting',
    ]);
  });

  it('is refused for a wrong value also where the environment has another', () => {
    expect(problemsOf('gateway:\n  transport:\n    port: 70000\n', { OUTCRY_PORT: '80' })).toHaveLength(1);
  });

  it('is not to blame for what the environment says', () => {
    const content = 'gateway:\n  connections:\n    idleTimeoutMs: 50000\n';
    expect(problemsOf(content, { OUTCRY_IDLE_TIMEOUT_MS: '5000' })).toEqual([
      'OUTCRY_IDLE_TIMEOUT_MS: must be more than OUTCRY_HEARTBEAT_MS, or healthy clients are cut',
    ]);
  });

  it('never says a password, whatever is wrong with it', () => {
    const file = (url: string): readonly string[] => problemsOf(`service:\n  redisUrl: ${url}\n`);
    const found = [
      ...file('redis//user:hunter2@h'),
      ...file('http://user:hunter2@h'),
      ...file('"redis://user:hunter2@h" trailing'),
      ...problemsOf('gateway:\n  api:\n    keys: [hunter2, hunter2]\n'),
      ...problemsOf('gateway:\n  api:\n    keys: { hunter2: hunter2 }\n'),
      ...problemsOf('gateway:\n  api:\n    keys: hunter2-hunter2: hunter2\n'),
    ];
    expect(found).toHaveLength(6);
    expect(found.every((problem) => /^FILE:\d+:\d+: /.test(problem))).toBe(true);
    expect(found.join('\n')).not.toMatch(/hunter2|user/);
  });

  it('is only looked at as far as it is for the service', () => {
    const content = 'gateway:\n  nodeld: 1\nfeedPublisher:\n  sources:\n    symbols: [A, B]\n';
    expect(problemsOf(content, {}, PUBLISHER)).toEqual([]);
    expect(problemsOf(content)).toEqual([
      'FILE:2:3: found "nodeld", expected a setting of gateway; the nearest is nodeId',
    ]);
  });

  it('is looked at by the inbound service where it follows the gateways, and no further', () => {
    const environment = { OUTCRY_POSTGRES_URL: 'postgres://outcry@127.0.0.1/shop' };
    const rooms = '  rooms:\n    historyCount: many\n    presence: 1\n    rules: [{ pattern: a, users: 5 }]\n';
    const content = `gateway:\n  nodeld: 1\n${rooms}inbound:\n  outbox:\n    pollMs: 1\n    pol: 1\n`;
    expect(problemsOf(content, environment, INBOUND)).toEqual([
      'FILE:4:19: gateway.rooms.historyCount: found "many", expected a whole number from 0 to 100000',
      'FILE:9:13: inbound.outbox.pollMs: found 1, expected a whole number from 50 to 60000',
      'FILE:10:5: found "pol", expected a setting of inbound.outbox; the nearest is pollMs',
    ]);
  });

  it.each(['/nowhere/outcry.yaml', tmpdir()])('is refused where it cannot be read: %s', (path) => {
    const read = (): unknown => new SettingSources({ ...GATEWAY, environment: {}, path });
    expect(read).toThrow(new RegExp(`^${path}: cannot be read \\(E\\w+\\), expected a file of settings$`));
  });

  it('is refused where it is larger than any configuration', () => {
    expect(problemsOf(`# ${'x'.repeat(1024 * 1024)}\n`)).toEqual([
      'FILE: found more than 1048576 bytes, expected a file of settings',
    ]);
  });

  it('is refused where its aliases stand for more than anybody writes', () => {
    const level = (i: number): string =>
      `      - &a${String(i)} [${Array(10)
        .fill(`*a${String(i - 1)}`)
        .join(', ')}]\n`;
    const content = rules(`      - &a0 [x]\n${[1, 2, 3, 4, 5].map(level).join('')}`);
    expect(problemsOf(content)).toEqual(['FILE:4:7: gateway.rooms.rules: found too many aliases, expected few']);
  });
});

describe('a right file of settings', () => {
  it.each([
    ['is empty', ''],
    ['has a section of which all is commented out', 'gateway:\n  rooms:\n    # historyCount: 5\n'],
    [
      'is JSON, indented with tabs',
      '{\n\t"$schema": "./x.json",\n\t"gateway": {\n\t\t"transport": { "port": 80 }\n\t}\n}\n',
    ],
    ['says what is alike once', rules('      - pattern: a\n        users: &all [read, write]\n        guests: *all\n')],
  ])('%s', (_, content) => {
    expect(problemsOf(content)).toEqual([]);
  });
});
