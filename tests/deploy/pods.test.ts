import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';

import { makeToken } from '@outcry/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { Crowd } from '../scenario/support/crowd.ts';
import { eventually, last } from '../support/eventually.ts';
import { helm } from './support/manifests.ts';
import { type Pod } from './support/pods/pod.ts';
import { PodCluster } from './support/pods/pod-cluster.ts';
import { IS_LONG } from './support/scale.ts';
import { run } from './support/tools.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TAG = 'pods';
const BUILD_DEADLINE_MS = 900_000;
const TEST_DEADLINE_MS = 600_000;
const WHOLE_DEADLINE_MS = 60_000;
const GATEWAYS = 3;
/** Before the first pod goes, and after the last has gone. */
const STEADY_MS = 3000;
const NO_CAPABILITIES = '0000000000000000';
const RULES = { rules: [{ pattern: 'room-*', users: ['read', 'write', 'presence'] }] };

const secretOf = (): string => randomBytes(32).toString('hex');
const AUTH_SECRET = secretOf();
const SECRETS = {
  'outcry-secrets': {
    OUTCRY_AUTH_SECRET: AUTH_SECRET,
    OUTCRY_API_KEYS: secretOf(),
    OUTCRY_REDIS_GATEWAY_PASSWORD: secretOf(),
    OUTCRY_REDIS_PUBLISHER_PASSWORD: secretOf(),
  },
};
const CONFIG_MAPS = {
  'outcry-settings': {
    OUTCRY_ORIGINS: 'https://chat.example.com',
    OUTCRY_FEED_SOURCE: 'simulator',
    OUTCRY_ROOM_RULES_FILE: '/etc/outcry/room-rules/chat.json',
  },
  'outcry-room-rules': { 'chat.json': JSON.stringify(RULES) },
};

async function buildImage(target: string): Promise<void> {
  const dockerfile = `${ROOT}deploy/docker/Dockerfile`;
  // A build reaches package registries as the host does, whatever the bridge network allows.
  await run('docker', [
    ...['build', '--network', 'host', '--file', dockerfile, '--target', target],
    ...['--tag', `outcry/${target}:${TAG}`, ROOT],
  ]);
}

function crowdAt(url: string): Crowd {
  return new Crowd({
    rooms: 10,
    clientsPerRoom: 4,
    rate: 50,
    canMove: () => true,
    nextUrl: () => url,
    roomPrefix: `room-${randomBytes(3).toString('hex')}-`,
    tokenOf: (client) => makeToken(AUTH_SECRET, { sub: `user-${String(client)}`, lifetimeSeconds: 3600 }),
  });
}

/** Has a crowd talk all the time, and expects that nobody missed anything, or noticed. */
async function expectUnnoticed(cluster: PodCluster, change: () => Promise<void>): Promise<void> {
  const goneBefore = cluster.gateways.departures.length;
  using crowd = crowdAt(cluster.url);
  await crowd.enter();
  crowd.startPublishing();
  await last(STEADY_MS);
  await change();
  await cluster.settled();
  await last(STEADY_MS);
  await crowd.stopPublishing();
  await eventually(() => crowd.unfinished === 0, {
    deadlineMs: WHOLE_DEADLINE_MS,
    describe: () => `${String(crowd.unfinished)} clients are short of something`,
  });
  const { dwellers, failures } = crowd;
  const received = dwellers.reduce((sum, each) => sum + each.received, 0);
  const away = dwellers.map(({ longestAwayMs }) => longestAwayMs).sort((a, b) => a - b);
  const gone = cluster.gateways.departures.slice(goneBefore);
  const took = gone.map(({ tookMs }) => (tookMs / 1000).toFixed(1)).join(', ');
  console.log(`${String(received)} deliveries; longest away ${String(away.at(-1))} ms; gateways gone in ${took} s`);
  expect(failures).toEqual([]);
  expect(dwellers.flatMap(({ surprises }) => surprises)).toEqual([]);
  expect(dwellers.reduce((sum, each) => sum + each.lost, 0)).toBe(0);
  expect(dwellers.reduce((sum, each) => sum + each.doubled, 0)).toBe(0);
  expect(gone.map(({ exitCode, wasKilled }) => ({ exitCode, wasKilled }))).toEqual(
    gone.map(() => ({ exitCode: 0, wasKilled: false })),
  );
  expect(cluster.troubles).toEqual([]);
}

describe.runIf(IS_LONG)('pods, as their specs say', () => {
  let cluster: PodCluster;
  let pods: readonly Pod[] = [];

  beforeAll(async () => {
    await buildImage('gateway');
    await buildImage('feed-publisher');
    const objects = await helm(`gateway.image.tag=${TAG}`, `feedPublisher.image.tag=${TAG}`);
    cluster = await PodCluster.start({ objects, configMaps: CONFIG_MAPS, secrets: SECRETS, gateways: GATEWAYS });
    pods = [cluster.redis, cluster.publishers, cluster.gateways].flatMap((workload) => workload.pods);
  }, BUILD_DEADLINE_MS);
  afterAll(async () => {
    await cluster[Symbol.asyncDispose]();
  });

  it('are all ready, by the probes that are written', () => {
    expect(pods.map(({ isReady }) => isReady)).toEqual([true, true, true, true, true, true]);
    expect(cluster.troubles).toEqual([]);
  });

  it('are nobody on their node, can do nothing that needs a right, and cannot write to their image', async () => {
    for (const pod of pods) {
      const status = await pod.exec('cat', '/proc/1/status');
      const lines = status.split('\n').map((line) => line.split(/:\s*/) as [string, string]);
      const fields: Readonly<Record<string, string>> = Object.fromEntries(lines);
      expect(fields, pod.name).toMatchObject({ CapEff: NO_CAPABILITIES, CapBnd: NO_CAPABILITIES, NoNewPrivs: '1' });
      expect(fields['Seccomp']).toBe('2');
      expect(fields['Uid']).toMatch(/^10001\s+10001/);
      await expect(pod.exec('touch', '/anything')).rejects.toThrow('Read-only file system');
      await pod.exec('touch', '/tmp/something');
    }
  });

  it("bound the kernel's buffers of gateways", async () => {
    for (const pod of cluster.gateways.pods) {
      const values = await pod.exec('cat', '/proc/sys/net/ipv4/tcp_wmem', '/proc/sys/net/ipv4/tcp_rmem');
      expect(values.split(/\s+/)).toEqual(['4096', '16384', '262144', '4096', '131072', '262144']);
    }
  });

  it(
    'are replaced one after the other, gateways and publishers, and no client notices',
    { timeout: TEST_DEADLINE_MS },
    async () => {
      await expectUnnoticed(cluster, async () => {
        await Promise.all([cluster.gateways.restart(), cluster.publishers.restart()]);
      });
      expect(cluster.publishers.departures.map(({ exitCode, wasKilled }) => [exitCode, wasKilled])).toEqual([
        [0, false],
        [0, false],
      ]);
    },
  );

  it('become five of two and two again, and no client notices', { timeout: TEST_DEADLINE_MS }, async () => {
    await cluster.gateways.scale(2);
    await cluster.settled();
    await expectUnnoticed(cluster, async () => {
      await cluster.gateways.scale(5);
      await cluster.settled();
      await cluster.gateways.scale(2);
    });
  });
});
