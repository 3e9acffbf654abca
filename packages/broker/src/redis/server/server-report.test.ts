import { expect, it } from 'vitest';
import { readServerFigures } from './server-report.ts';

it('reads what a primary says of itself', () => {
  const lines = [
    ...['# Server', 'redis_version:8.2.1', '# Clients', 'connected_clients:7', '# Memory', 'used_memory:1048576'],
    ...['maxmemory:2097152', 'maxmemory_policy:noeviction', '# Stats', 'instantaneous_ops_per_sec:1200'],
    ...['pubsub_channels:40', 'pubsubshard_channels:2', '# Replication', 'role:master', 'connected_slaves:1', ''],
  ];
  expect(readServerFigures(lines.join('\r\n'))).toEqual({
    ...{ version: '8.2.1', role: 'primary', replicas: 1, usedMemoryBytes: 1_048_576, maxMemoryBytes: 2_097_152 },
    ...{ evictionPolicy: 'noeviction', clients: 7, commandsPerSecond: 1200, channels: 42 },
  });
});

it('takes a server at its word that keeps the rest to itself', () => {
  expect(readServerFigures('role:slave\r\n')).toEqual({
    ...{ version: '', role: 'replica', replicas: 0, usedMemoryBytes: 0, maxMemoryBytes: 0 },
    ...{ evictionPolicy: '', clients: 0, commandsPerSecond: 0, channels: 0 },
  });
});
