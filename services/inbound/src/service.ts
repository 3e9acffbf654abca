import { hostname } from 'node:os';

import type { Backplane } from '@outcry/broker';
import { checkStorage, type Logger } from '@outcry/service';
import { createTracing, type MessageTracing, type Tracing } from '@outcry/tracing';
import type { Work, WorkerParts } from '@outcry/worker';

import type { InboundConfig } from './config/config.ts';
import { Topics } from './kafka/topics.ts';
import { InboundMetrics } from './observability/inbound-metrics.ts';
import { Outbox } from './outbox/outbox.ts';
import { Streams } from './stream/streams.ts';

const SOURCES = ['outbox', 'streams', 'topics'] as const;

interface Source {
  /** Of its health check. */
  readonly name: (typeof SOURCES)[number];
  readonly source: Outbox | Streams | Topics;
}

/** A process has no name of its own: it is one for each run, as in metrics. */
function createTraces(
  { traces, retention }: InboundConfig,
  metrics: InboundMetrics,
  logger: Logger,
): Tracing | undefined {
  const patternOf = (room: string): string => retention.patternOf(room);
  const instance = `${hostname()}:${String(process.pid)}`;
  return createTracing(traces, { service: 'outcry-inbound', instance, metrics: metrics.traces, patternOf, logger });
}

/** Messages from a back end into the rooms of a cluster. */
export function composeInbound(config: InboundConfig, { backplane, redis, logger }: WorkerParts): Work {
  const metrics: InboundMetrics = new InboundMetrics({
    isBrokerUp: () => redis.isUp,
    isSourceUp: () => sources.every(({ source }) => source.isUp),
    sources: new Set(SOURCES.filter((kind) => config[kind] !== undefined)),
  });
  const traces = createTraces(config, metrics, logger);
  const sources = createSources(config, { backplane, metrics, tracing: traces?.messages, logger });
  const begun: Source[] = [];
  return {
    status: {
      checks: () => [
        ...sources.map(({ name, source }) => ({ name, reason: source.notReady(), isBlocking: true })),
        checkStorage(backplane.storage, 'messages wait'),
      ],
      exposeMetrics: () => metrics.expose(),
    },
    async start() {
      for (const one of sources) {
        begun.push(one);
        await one.source.start();
      }
    },
    async stop() {
      for (const { source } of begun.toReversed()) await source.stop();
      await traces?.close();
    },
  };
}

interface SourceParts {
  readonly backplane: Pick<Backplane, 'broker' | 'lease' | 'identities'>;
  readonly metrics: InboundMetrics;
  readonly tracing: MessageTracing | undefined;
  readonly logger: Logger;
}

function createSources(config: InboundConfig, { backplane, metrics, tracing, logger }: SourceParts): readonly Source[] {
  const { outbox, streams, topics, leases: times, retention, maxDataBytes } = config;
  const { broker, lease, identities } = backplane;
  if (identities === undefined) throw new TypeError('expected a cluster that can be called something');
  const shared = { broker, lease, identities, times, retention, maxDataBytes, tracing, logger };
  return [
    outbox && {
      name: 'outbox' as const,
      source: new Outbox({ ...shared, config: outbox, metrics: metrics.of('outbox') }),
    },
    streams && {
      name: 'streams' as const,
      source: new Streams({ ...shared, config: streams, metrics: metrics.of('streams') }),
    },
    topics && {
      name: 'topics' as const,
      source: new Topics({ ...shared, config: topics, metrics: metrics.of('topics') }),
    },
  ].filter((source) => source !== undefined);
}
