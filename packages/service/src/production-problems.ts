import type { RedisCluster, ServerTopology, Topology } from '@outcry/broker';
import { BlockList, isIPv4, isIPv6 } from 'node:net';
import { type RedisSettings, topologyOf } from './redis-config.ts';

const PRIVATE_NETWORKS = new BlockList();
for (const [network, bits] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
  ['100.64.0.0', 10],
  ['::1', 128],
  ['fc00::', 7],
  ['fe80::', 10],
] as const) {
  PRIVATE_NETWORKS.addSubnet(network, bits, isIPv4(network) ? 'ipv4' : 'ipv6');
}

/** Names that are resolved inside a host or a cluster only. */
const PRIVATE_NAME = /^[^.]+$|\.(local|internal|svc|localhost)$/i;
/** `0`, `127.1`, `0x7f000001`: an address to the resolver, and to nobody who reads it. */
const ODD_ADDRESS = /^(0x[0-9a-f]*|\d+)(\.(0x[0-9a-f]*|\d+))*$/i;

/**
 * Whether whoever is not on this host or its private network may reach what listens there. The unspecified address is all of them,
 * and what is an address in another way of writing may be.
 */
export function isPublicHost(host: string): boolean {
  if (isIPv4(host)) return !PRIVATE_NETWORKS.check(host, 'ipv4');
  if (isIPv6(host)) return !PRIVATE_NETWORKS.check(host, 'ipv6');
  return ODD_ADDRESS.test(host) || !PRIVATE_NAME.test(host);
}

/** What every service refuses in production: a Redis, or a sentinel, that anybody reaches and nobody asks who they are. */
export function productionProblems(settings: RedisSettings): readonly string[] {
  const topology = topologyOf(settings);
  // What is wrong with it is told in any environment.
  if (typeof topology === 'string') return [];
  return [...new Set(serversOf(topology).flatMap(problemsOf))];
}

function serversOf(topology: Topology): readonly (RedisCluster | ServerTopology)[] {
  return topology.kind === 'shards' ? topology.shards : [topology];
}

function problemsOf(topology: RedisCluster | ServerTopology): readonly string[] {
  if (!hostsOf(topology).some(isPublicHost)) return [];
  const problems: string[] = [];
  const scheme = topology.kind === 'single' ? 'rediss' : `rediss+${topology.kind}`;
  if ((topology.credentials?.password ?? '') === '') {
    problems.push('OUTCRY_REDIS_URL: a Redis at a public address needs a password');
  }
  if (topology.kind === 'sentinel' && (topology.sentinelCredentials?.password ?? '') === '') {
    problems.push('OUTCRY_REDIS_SENTINEL_PASSWORD: sentinels at a public address need a password');
  }
  if (!topology.isTls) problems.push(`OUTCRY_REDIS_URL: a Redis at a public address needs TLS (${scheme}://)`);
  return problems;
}

/** Those that are known beforehand: where a primary is, its sentinels say, or other servers of its cluster. */
function hostsOf(topology: RedisCluster | ServerTopology): readonly string[] {
  if (topology.kind === 'cluster') return topology.seeds.map(({ host }) => host);
  if (topology.kind === 'sentinel') return topology.sentinels.map(({ host }) => host);
  return 'host' in topology.address ? [topology.address.host] : [];
}
