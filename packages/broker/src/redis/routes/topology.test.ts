import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OutcryError } from '../../outcry-error.ts';
import { parseTopology } from './topology.ts';

const EXPECTED =
  'expected redis://host:port, rediss://host:port, redis+unix:///path or redis+sentinel://host:port,host:port/name, or several with commas between them, or redis+cluster://host:port,host:port';

function refusalOf(url: string): string {
  try {
    parseTopology(url);
  } catch (error) {
    if (error instanceof OutcryError && error.code === 'badConfig') return error.message;
    throw error;
  }
  throw new Error(`${url} was taken`);
}

describe('the URL of one Redis', () => {
  it.each([
    ['redis://ann:secret@redis.example:6380', 'redis://redis.example:6380'],
    ['redis://redis.example/', 'redis://redis.example:6379'],
    ['redis://redis.example/0', 'redis://redis.example:6379'],
    ['rediss://redis.example', 'rediss://redis.example:6379'],
    ['REDIS://redis.example', 'redis://redis.example:6379'],
    ['redis://[::1]:6379', 'redis://[::1]:6379'],
    ['redis://[::1]', 'redis://[::1]:6379'],
  ])('%s is shown as scheme, host and port', (url, shown) => {
    expect(parseTopology(url).shown).toBe(shown);
  });

  it('is what to connect to, and as whom', () => {
    expect(parseTopology('rediss://ann:p%40ss%25@[fd00::1]:6380')).toMatchObject({
      kind: 'single',
      address: { host: 'fd00::1', port: 6380 },
      isTls: true,
      credentials: { username: 'ann', password: 'p@ss%' },
    });
    expect(parseTopology('redis://:secret@redis.example')).toMatchObject({
      isTls: false,
      credentials: { username: '', password: 'secret' },
    });
    expect(parseTopology('redis://a:b:c@d@redis.example')).toMatchObject({
      credentials: { username: 'a', password: 'b:c@d' },
    });
    expect(parseTopology('redis://redis.example')).toMatchObject({ credentials: undefined });
  });
});

describe('the URLs of several', () => {
  it('stand with commas between them, each with its own user, in an order that counts', () => {
    const url = 'redis://ann:a%2Cb@a:7000,rediss://b , redis+unix:///run/c.sock,redis+sentinel://d,e/main';
    expect(parseTopology(url, { username: 'watcher', password: 'secret' })).toMatchObject({
      kind: 'shards',
      shown: 'redis://a:7000,rediss://b:6379,redis+unix:///run/c.sock,redis+sentinel://d:26379,e:26379/main',
      shards: [
        { kind: 'single', credentials: { username: 'ann', password: 'a,b' } },
        { kind: 'single', isTls: true, credentials: undefined },
        { kind: 'single', address: { path: '/run/c.sock' } },
        { kind: 'sentinel', sentinelCredentials: { username: 'watcher' } },
      ],
    });
  });
});

describe('the URL of a unix socket', () => {
  it.each(['unix', 'redis+unix'])('is %s:// and an absolute path', (scheme) => {
    expect(parseTopology(`${scheme}://ann:secret@/run/redis%20a/redis.sock`)).toEqual({
      kind: 'single',
      shown: 'redis+unix:///run/redis%20a/redis.sock',
      isTls: false,
      credentials: { username: 'ann', password: 'secret' },
      address: { path: '/run/redis a/redis.sock' },
    });
  });

  it.each([
    ['unix://run/secret.sock', 'the URL of a unix socket has an absolute path and no host'],
    ['unix://', 'the URL of a unix socket has an absolute path and no host'],
    ['unix:///', 'the URL of a unix socket has an absolute path and no host'],
    ['unix:///run/', 'the URL of a unix socket has an absolute path and no host'],
    ['unix:///run/secret%00.sock', 'the URL of a unix socket has an absolute path and no host'],
    ['unix:///run/secret%.sock', 'the path of a socket is percent-encoded'],
    ['unix:///run/redis.sock?db=1', 'a Redis URL has no options'],
    [`unix:///${'s'.repeat(107)}`, 'the path of a unix socket has at most 107 bytes'],
  ])('is not %s', (url, begins) => {
    expect(refusalOf(url)).toMatch(new RegExp(`^${begins}`));
  });
});

describe('the URL of sentinels', () => {
  it('names them, and what they call the primary', () => {
    expect(parseTopology('redis+sentinel://ann:secret@a:26380,b,[::1]/main', OF_SENTINELS)).toEqual({
      kind: 'sentinel',
      shown: 'redis+sentinel://a:26380,b:26379,[::1]:26379/main',
      isTls: false,
      credentials: { username: 'ann', password: 'secret' },
      primary: 'main',
      sentinels: [
        { host: 'a', port: 26_380 },
        { host: 'b', port: 26_379 },
        { host: '::1', port: 26_379 },
      ],
      sentinelCredentials: OF_SENTINELS,
    });
    expect(parseTopology('rediss+sentinel://a/main/0')).toMatchObject({ isTls: true, credentials: undefined });
  });

  const NO_NAME = 'a URL of sentinels ends with what they call the primary';
  it.each([
    ['redis+sentinel://a,b', NO_NAME],
    ['redis+sentinel://a/', NO_NAME],
    ['redis+sentinel:///main', NO_NAME],
    ['redis+sentinel://a/ma in', NO_NAME],
    ['redis+sentinel://a,,b/main', 'not a Redis URL'],
    ['redis+sentinel://a:0/main', 'a Redis URL has a port'],
    ['redis+sentinel://a:65536/main', 'a Redis URL has a port'],
    ['redis+sentinel://a/main/1', 'only database 0 of a Redis is used'],
    ['redis+sentinel://a/main/secret', 'a URL of sentinels has nothing behind the name'],
    ['redis+sentinel://a/main?secret', 'a Redis URL has no options'],
    [`redis+sentinel://${'a,'.repeat(16)}b/main`, 'a Redis URL names at most 16 sentinels'],
  ])('is not %s', (url, begins) => {
    const refusal = refusalOf(url);
    expect(refusal.startsWith(begins), refusal).toBe(true);
    expect(refusal).not.toMatch(/secret|\n/);
  });

  it('alone goes with a user of sentinels', () => {
    expect(() => parseTopology('redis://a', OF_SENTINELS)).toThrow('needs a URL that names sentinels');
  });
});

const OF_SENTINELS = { username: 'watcher', password: 'other' };

describe('the URL of a Redis Cluster', () => {
  it('names some of its servers, with one user for all of them', () => {
    expect(parseTopology('redis+cluster://ann:p%40ss@a:7000,b,[::1]:7001')).toEqual({
      kind: 'cluster',
      shown: 'redis+cluster://a:7000,b:6379,[::1]:7001',
      isTls: false,
      credentials: { username: 'ann', password: 'p@ss' },
      seeds: [
        { host: 'a', port: 7000 },
        { host: 'b', port: 6379 },
        { host: '::1', port: 7001 },
      ],
    });
    expect(parseTopology('rediss+cluster://a/0')).toMatchObject({ isTls: true, credentials: undefined });
  });

  it.each([
    ['redis+cluster://', 'the URL of a Redis Cluster names some of its servers'],
    ['redis+cluster:///secret', 'the URL of a Redis Cluster names some of its servers'],
    ['redis+cluster://a/secret', 'the URL of a Redis Cluster has nothing behind its servers'],
    ['redis+cluster://a/1', 'only database 0 of a Redis is used'],
    ['redis+cluster://a,secret:0', 'a Redis URL has a port from 1 to 65535'],
    [
      `redis+cluster://${Array.from({ length: 65 }, (_, i) => `secret-${String(i)}`).join(',')}`,
      'a Redis URL names at most 64 servers',
    ],
  ])('%s is refused in one line', (url, begins) => {
    const refusal = refusalOf(url);
    expect(refusal.startsWith(begins), refusal).toBe(true);
    expect(refusal).not.toMatch(/secret|\n/);
  });
});

describe('what is no URL of a Redis', () => {
  it.each([
    '',
    'secret',
    'http://secret@redis.example',
    'redis://',
    '/run/secret.sock',
    'redis://secret:123456',
    'redis+secret://host',
  ])('"%s" is refused and not repeated', (url) => {
    expect(refusalOf(url)).toBe(`not a Redis URL: ${EXPECTED}`);
  });

  it.each(['redis://secret-a:6379,secret-b:6379', 'redis://secret-a,secret-b', 'redis://a,b,redis://secret'])(
    'several servers have a URL each, and the refusal says so: %s',
    (url) => {
      expect(refusalOf(url)).toMatch(/^each of several Redis servers has a URL of its own: (?!.*secret)[^\n]*$/);
    },
  );

  it.each(['redis://secret,redis://secret', 'redis://secret,redis://secret:6379', 'redis://a:secret@b,redis://b/0'])(
    'one server is not two: %s',
    (url) => {
      expect(refusalOf(url)).toMatch(/^each of several Redis servers is named once: (?!.*secret)[^\n]*$/);
    },
  );

  it('not more than there are partitions', () => {
    const urlOf = (count: number): string =>
      Array.from({ length: count }, (_, i) => `redis://secret-${String(i)}`).join(',');
    expect(parseTopology(urlOf(64))).toMatchObject({ kind: 'shards' });
    expect(refusalOf(urlOf(65))).toBe('at most 64 Redis servers share the rooms');
  });

  it.each([
    'redis://a,',
    'redis://a,http://secret',
    'redis://a,,redis://b',
    'redis://a,redis://',
    'redis://a;redis://b',
  ])('one that is none among several is refused as any other: %s', (url) => {
    expect(refusalOf(url)).toMatch(
      /^(?:not a Redis URL|each of several Redis servers has a URL of its own): (?!.*secret)/,
    );
  });

  it.each([
    'redis+cluster://secret,redis+cluster://b',
    'redis://secret,redis+cluster://b',
    'redis+cluster://a,b,redis+sentinel://secret/main',
  ])('a cluster is not one of several, and the refusal says so: %s', (url) => {
    expect(refusalOf(url)).toMatch(/^a Redis Cluster shares its rooms with no other Redis: (?!.*secret)[^\n]*$/);
  });

  it.each(['redis://secret/1', 'redis://secret/9', 'redis://secret:6379/15'])(
    'has no database but 0: %s is refused with what to do instead',
    (url) => {
      expect(refusalOf(url)).toMatch(/^only database 0 [^\n]*a prefix of its own \(OUTCRY_REDIS_PREFIX\)$/);
    },
  );

  it.each([
    ['redis://host/secret', 'a Redis URL has nothing behind its port'],
    ['redis://host/1/secret', 'a Redis URL has nothing behind its port'],
    ['redis://host/-1', 'a Redis URL has nothing behind its port'],
    ['redis://host/00', 'only database 0 of a Redis is used'],
    ['redis://host?db=1&secret', 'a Redis URL has no options'],
    ['redis://host?enableOfflineQueue=secret', 'a Redis URL has no options'],
    ['redis://:pass#secret@host', 'not a Redis URL'],
    ['redis://host#secret', 'a Redis URL has no options'],
    ['redis://host:0', 'a Redis URL has a port from 1 to 65535'],
    ['redis://ann:100%secret@host', 'user and password of a Redis URL are percent-encoded'],
  ])('ignores nothing: %s is refused in one line', (url, begins) => {
    const refusal = refusalOf(url);
    expect(refusal.startsWith(begins), refusal).toBe(true);
    expect(refusal).not.toMatch(/secret|\n/);
  });
});

const NOISE = [':', '/', '@', ',', '?', '#', '[', ']', '%', '0', 'a', '.', ' ', '\n'];

describe('any URL', () => {
  const word = fc.stringMatching(/^[a-z0-9][a-z0-9.-]{0,20}$/);
  const host = fc.record({ host: fc.oneof(word, fc.ipV6()), port: fc.integer({ min: 1, max: 65_535 }) });
  const credentials = fc.record({
    username: fc.string({ unit: 'grapheme', maxLength: 20 }),
    password: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
  });
  const write = (one: { host: string; port: number }): string =>
    `${one.host.includes(':') ? `[${one.host}]` : one.host}:${String(one.port)}`;

  it('gives back what was written into it', () => {
    fc.assert(
      fc.property(fc.array(host, { minLength: 1, maxLength: 16 }), word, credentials, (sentinels, primary, user) => {
        const hosts = sentinels.map(write).join(',');
        const login = `${encodeURIComponent(user.username)}:${encodeURIComponent(user.password)}`;
        const expected = { sentinels, primary, credentials: user };
        expect(parseTopology(`redis+sentinel://${login}@${hosts}/${primary}`)).toMatchObject(expected);
        const [first = { host: '', port: 0 }] = sentinels;
        const single = parseTopology(`rediss://${login}@${write(first)}`);
        expect(single).toMatchObject({ address: first, credentials: user });
      }),
    );
  });

  it('is taken or refused in one line, and shown without what is secret', () => {
    const scheme = fc.constantFrom('redis', 'rediss', 'unix', 'redis+unix', 'redis+sentinel', 'redis+cluster', 'x');
    const noise = fc.string({ unit: fc.constantFrom(...NOISE) });
    const SECRET = 'HuNtEr2';
    fc.assert(
      fc.property(scheme, fc.tuple(noise, noise, noise), (name, [before, between, behind]) => {
        const url = `${name}://${before}ann:${SECRET}${between}@${behind}`;
        try {
          const topology = parseTopology(url);
          for (const { credentials, shown } of topology.kind === 'shards' ? topology.shards : [topology]) {
            if (credentials?.password.startsWith(SECRET) === true) expect(shown).not.toContain(SECRET);
          }
        } catch (error) {
          if (!(error instanceof OutcryError)) throw error;
          expect(error.message).not.toMatch(/HuNtEr2|\n/);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
