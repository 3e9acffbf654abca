export { API_KEYS, COMMON_SETTINGS, HOST, NAME, REDIS_URL } from './common-settings.ts';
export { userDataFolder } from './config/data-folder.ts';
export { readEnvironment } from './config/env.ts';
export type { Check } from './health/check.ts';
export { type DelayMonitor, LoopLag } from './health/loop-lag.ts';
export { maxOpenFiles } from './health/process-checks.ts';
export { ShardChecks } from './health/shard-checks.ts';
export { ShardHealth } from './health/shard-health.ts';
export { checkStorage } from './health/storage-check.ts';
export { whyAway } from './health/why-away.ts';
export { ApiKeys, readBearerToken } from './http/api-keys.ts';
export { formatPath } from './http/format-path.ts';
export { BodyError, parseJson, readJson } from './http/read-json.ts';
export { refuseJson, replyJson, replyJsonText, replyOrRefuse } from './http/reply-json.ts';
export {
  type InternalServer,
  type InternalStatus,
  type RequestHandler,
  startInternalServer,
  type UpgradeHandler,
} from './internal-server.ts';
export { BackplaneLog } from './log/backplane-log.ts';
export { createLogger, type Logger } from './log/logger.ts';
export { collectProcessMetrics } from './observability/process-metrics.ts';
export { ServiceMetrics } from './observability/service-metrics.ts';
export { processName } from './process-name.ts';
export { isPublicHost, productionProblems } from './production-problems.ts';
export { problemsOfRedis, type RedisConfig, redisConfigOf, type RedisSettings } from './redis-config.ts';
export { RedisStatus } from './redis-status.ts';
export { runService, type RunningService, type ServiceDefinition } from './run-service.ts';
export { weaknessOf } from './secret-strength.ts';
export { type ServiceConfig, serviceConfigOf } from './service-config.ts';
export { VERSION } from './version.ts';
