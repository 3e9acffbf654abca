import { expect, it } from 'vitest';
import { assertReplicated, assertUsable, readServerInfo } from './server-info.ts';

const ADDRESS = 'redis://redis.example:6379';

it.each(['7.0.15', '8.2.1', '10.0.0'])('takes Redis %s', (version) => {
  expect(() => {
    assertUsable(`# Server\r\nredis_version:${version}\r\nos:Linux\r\n`, ADDRESS);
  }).not.toThrow();
});

it.each([
  ['# Server\r\nredis_version:6.2.14\r\n', 'Redis at redis://redis.example:6379 is 6.2.14: outcry needs 7 or newer'],
  ['', 'Redis at redis://redis.example:6379 is of unknown version: outcry needs 7 or newer'],
])('refuses what is older or does not say', (info, message) => {
  expect(() => {
    assertUsable(info, ADDRESS);
  }).toThrow(message);
});

it.each(['cluster', 'sentinel'])('refuses a server that is in %s mode', (mode) => {
  expect(() => {
    assertUsable(`# Server\r\nredis_version:8.0.1\r\nredis_mode:${mode}\r\n`, ADDRESS);
  }).toThrow(
    /^Redis at redis:\/\/redis\.example:6379 is a (node of a Redis Cluster|Sentinel)[^\n]*: outcry needs [^\n]+$/,
  );
});

it('reads what a Redis does when its memory is full', () => {
  const memory =
    '# Memory\r\nused_memory:1\r\nmaxmemory:1073741824\r\nmaxmemory_human:1.00G\r\nmaxmemory_policy:allkeys-lru\r\n';
  expect(readServerInfo(`# Server\r\nredis_version:8.0.1\r\n${memory}`)).toEqual({
    version: '8.0.1',
    evictionPolicy: 'allkeys-lru',
    maxMemoryBytes: 1_073_741_824,
    needsReplicas: false,
  });
});

it('reads whether a Redis refuses what no replica would get, and says where it should', () => {
  const alone = readServerInfo('# Replication\r\nrole:master\r\nconnected_slaves:1\r\n');
  const guarded = readServerInfo('# Replication\r\nrole:master\r\nconnected_slaves:1\r\nmin_slaves_good_slaves:0\r\n');
  expect([alone.needsReplicas, guarded.needsReplicas]).toEqual([false, true]);
  expect(() => {
    assertReplicated(guarded, 'redis://redis.example:6379');
  }).not.toThrow();
  expect(() => {
    assertReplicated(alone, 'redis://redis.example:6379');
  }).toThrow(
    /^Redis at redis:\/\/redis\.example:6379 takes writes without any replica: [^\n]+ needs min-replicas-to-write 1$/,
  );
});
