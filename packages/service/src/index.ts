export { COMMON_SETTINGS, HOST, NAME, REDIS_URL } from './common-settings.ts';
export { type InternalServer, type InternalStatus, startInternalServer } from './internal-server.ts';
export { createLogger, type Logger } from './logger.ts';
export { runService, type ServiceDefinition } from './run-service.ts';
