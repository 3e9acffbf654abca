import { setTimeout as sleep } from 'node:timers/promises';

import { Encoding } from '@outcry/protocol';

import { createOutcry } from '../contestants/outcry.ts';
import type { ServerProcess } from '../contestants/server-process.ts';
import { localAddressOf } from '../generator/client-plan.ts';
import { type GeneratorProcess, startPublisher } from '../generator/generator.ts';
import type { MemberCalls } from '../generator/member-process.ts';
import type { PublisherCalls } from '../generator/publisher-process.ts';
import { stampedText } from '../generator/stamp.ts';
import { openMembers } from '../measure/members.ts';
import { cpuSecondsOf } from '../measure/process-stats.ts';
import { redisCpuSeconds } from '../measure/redis-stats.ts';
import { Scope } from '../measure/scope.ts';
import { bars } from '../report/bars.ts';
import type { Row } from '../report/report.ts';
import type { Experiment } from './experiment.ts';

const GATEWAYS = [1, 2, 3, 4];
const MEMBERS = 600;
const MESSAGES_PER_SECOND = 300;
const WARM_UP_MS = 2000;
const MICROS = 1_000_000;

/** The same members and messages over more and more gateways: what a further gateway costs, and what it costs Redis. */
export const SCALING: Experiment = {
  name: 'scaling',
  summary: 'the same load over 1, 2, 3 and 4 gateways: CPU per delivery, and what Redis has to do',
  run: async ({ redisUrl, isQuick, progress }) => {
    const rows: Row[] = [];
    for (const gateways of GATEWAYS) {
      const row = await Scope.run((scope) => measure(scope, { gateways, redisUrl, measureMs: isQuick ? 2000 : 6000 }));
      rows.push({ contestant: `outcry × ${String(gateways)}`, ...row });
      progress(`scaling: ${String(gateways)} gateways ${row.perDelivery.toFixed(2)} µs/delivery`);
    }
    return {
      title: `Scaling: ${String(MEMBERS)} members of one room over several gateways, ${String(MESSAGES_PER_SECOND)} messages/s by way of one of them`,
      columns: [
        { key: 'contestant', title: 'gateways' },
        { key: 'perDelivery', title: 'CPU µs/delivery, all gateways' },
        { key: 'busiest', title: 'busiest gateway, cores' },
        { key: 'redisPerMessage', title: 'Redis CPU µs/message', digits: 0 },
        { key: 'redisShare', title: 'Redis, part of all CPU' },
        { key: 'arrived', title: 'arrived' },
      ],
      rows,
      bounds: [],
      chart: bars({
        title: `CPU per delivery of all gateways together (${String(MEMBERS)} members, ${String(MESSAGES_PER_SECOND)} messages/s)`,
        rows,
        value: 'perDelivery',
        axis: 'CPU µs per delivery',
      }),
    };
  },
};

interface Setting {
  readonly gateways: number;
  readonly redisUrl: string;
  readonly measureMs: number;
}

interface Reading {
  readonly gateways: readonly number[];
  readonly redis: number;
  readonly deliveries: number;
  readonly published: number;
}

interface Cluster {
  readonly servers: readonly ServerProcess[];
  readonly groups: readonly GeneratorProcess<MemberCalls>[];
  readonly publisher: GeneratorProcess<PublisherCalls>;
  readonly redisUrl: string;
}

async function measure(scope: Scope, { gateways, redisUrl, measureMs }: Setting) {
  const cluster = await openCluster(scope, gateways, redisUrl);
  await cluster.publisher.call('start', { messagesPerSecond: MESSAGES_PER_SECOND });
  await sleep(WARM_UP_MS);
  const before = await read(cluster);
  await sleep(measureMs);
  const after = await read(cluster);
  await cluster.publisher.call('stop', undefined);
  const spent = after.gateways.map((seconds, index) => seconds - (before.gateways[index] ?? 0));
  const gatewaySeconds = spent.reduce((sum, seconds) => sum + seconds, 0);
  const redisSeconds = after.redis - before.redis;
  const published = after.published - before.published;
  const deliveries = after.deliveries - before.deliveries;
  return {
    perDelivery: (gatewaySeconds * MICROS) / deliveries,
    busiest: Math.max(...spent) / (measureMs / 1000),
    redisPerMessage: (redisSeconds * MICROS) / published,
    redisShare: redisSeconds / (redisSeconds + gatewaySeconds),
    arrived: deliveries / (published * MEMBERS),
  };
}

async function openCluster(scope: Scope, gateways: number, redisUrl: string): Promise<Cluster> {
  const contestant = createOutcry({ encoding: Encoding.Msgpack });
  const servers: ServerProcess[] = [];
  const groups: GeneratorProcess<MemberCalls>[] = [];
  for (let index = 0; index < gateways; index += 1) {
    const server = scope.hold(await contestant.start(redisUrl));
    servers.push(server);
    groups.push(scope.hold(await openMembers(contestant, server, MEMBERS / gateways)));
  }
  const publisher = scope.hold(startPublisher());
  const { dialect } = contestant;
  await publisher.call('open', {
    plans: [
      {
        url: `ws://127.0.0.1:${String(servers[0]?.port)}${dialect.publisherPath}`,
        localAddress: localAddressOf(0),
        ...dialect.greetPublisher(0),
      },
    ],
    rules: dialect.rules,
    frames: [dialect.publish(stampedText(150))],
  });
  return { servers, groups, publisher, redisUrl };
}

async function read({ servers, groups, publisher, redisUrl }: Cluster): Promise<Reading> {
  const redis = await redisCpuSeconds(redisUrl);
  const gateways = servers.map(({ pid }) => cpuSecondsOf(pid));
  const published = await publisher.call('published', undefined);
  const counts = await Promise.all(groups.map((group) => group.call('count', undefined)));
  return { gateways, redis, published, deliveries: counts.reduce((sum, { deliveries }) => sum + deliveries, 0) };
}
