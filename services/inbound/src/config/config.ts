import { ConfigError, type Environment, readSettings, type SettingValues } from '@outcry/config';
import { problemsOfRedis, productionProblems, serviceConfigOf } from '@outcry/service';
import { problemsOfTraces, type TraceConfig, traceConfigOf } from '@outcry/tracing';
import { type LeaseTimes, problemsOfPostgresUrl, type WorkerConfig } from '@outcry/worker';

import { type KafkaConfig, kafkaConfigOf, problemsOfKafka } from '../kafka/settings.ts';
import { type OutboxConfig, outboxConfigOf } from '../outbox/settings.ts';
import { leaseTimesOf, problemsOfLease } from '../partitions/settings.ts';
import type { RetentionRules } from '../retention/retention-rules.ts';
import { problemsOfStream, type StreamConfig, streamConfigOf } from '../stream/settings.ts';
import { loadRetentionRules, problemsOfRetention } from '../retention/settings.ts';
import { INBOUND_SETTINGS } from './settings.ts';

export type InboundSettings = SettingValues<typeof INBOUND_SETTINGS>;

/** The settings as the service's parts take them. */
export interface InboundConfig extends WorkerConfig {
  /** Each is undefined where there is none; not all are. */
  readonly outbox: OutboxConfig | undefined;
  readonly streams: StreamConfig | undefined;
  readonly topics: KafkaConfig | undefined;
  readonly leases: LeaseTimes;
  readonly retention: RetentionRules;
  readonly maxDataBytes: number;
  /** Undefined where nobody is told of traces. */
  readonly traces: TraceConfig | undefined;
}

/** @throws ConfigError with every problem at once, those between settings included */
export function loadInboundConfig(environment: Environment): { config: InboundConfig; settings: InboundSettings } {
  const settings = readSettings(INBOUND_SETTINGS, environment);
  const isProduction = settings.OUTCRY_ENV === 'production';
  const problems = [
    ...problemsOfRedis(settings),
    ...problemsOfLease(settings),
    ...problemsOfSources(settings, isProduction),
    ...problemsOfRetention(settings),
    ...problemsOfTraces(settings),
    ...(isProduction ? productionProblems(settings) : []),
  ];
  if (problems.length > 0) throw new ConfigError(problems);
  return { config: configOf(settings), settings };
}

function problemsOfSources(settings: InboundSettings, isProduction: boolean): readonly string[] {
  const { OUTCRY_POSTGRES_URL: database, OUTCRY_STREAM_URL: streams, OUTCRY_KAFKA_URL: topics } = settings;
  if (database === undefined && streams === undefined && topics === undefined) {
    return [
      'OUTCRY_POSTGRES_URL: required where neither OUTCRY_STREAM_URL nor OUTCRY_KAFKA_URL is set: there is nothing to read',
    ];
  }
  return [
    ...(database === undefined ? [] : problemsOfPostgresUrl('OUTCRY_POSTGRES_URL', database, { isProduction })),
    ...problemsOfStream(settings, isProduction),
    ...problemsOfKafka(settings, isProduction),
  ];
}

function configOf(settings: InboundSettings): InboundConfig {
  const common = serviceConfigOf(settings);
  return {
    ...common,
    redis: { ...common.redis, idempotencyWindowMs: settings.OUTCRY_INBOUND_REMEMBER_MS },
    outbox: outboxConfigOf(settings),
    streams: streamConfigOf(settings),
    topics: kafkaConfigOf(settings),
    leases: leaseTimesOf(settings),
    retention: loadRetentionRules(settings),
    maxDataBytes: settings.OUTCRY_MAX_FRAME_BYTES,
    traces: traceConfigOf(settings),
  };
}
