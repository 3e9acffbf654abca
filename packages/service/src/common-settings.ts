import { boolean, choice, integer, optionalText, text } from '@outcry/config';

export const HOST = { pattern: /^[A-Za-z0-9.:_-]+$/, accepts: 'a host name or address' };
export const NAME = { pattern: /^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/, accepts: 'letters, digits and ._- (32 at most)' };
export const API_KEYS = {
  pattern: /^[^\s,]{16,}(,[^\s,]{16,})*$/,
  accepts: 'keys of 16 characters or more, with commas between them',
  isList: true,
};
/** What it has to be more exactly, its own parser says, in better words. */
export const REDIS_URL = {
  pattern: /^[a-z+]+:\/\/\S+$/i,
  accepts:
    '`redis://`, `rediss://`, `redis+unix:///path`, `redis+sentinel://a,b,c/name` or `rediss+sentinel://…`, or several with commas between them, or `redis+cluster://a,b,c` or `rediss+cluster://…`',
};
const ANYTHING = { pattern: /^[^\r\n]+$/, accepts: 'text' };

/** Settings that every service has. */
export const COMMON_SETTINGS = {
  OUTCRY_ENV: choice(['development', 'production'], {
    meaning:
      'In `production` a service refuses to start with what is only good for trying out: docs/OPERATIONS.md lists it.',
    default: 'development',
  }),
  OUTCRY_INTERNAL_HOST: text(HOST, { meaning: 'Address of the internal port.', default: '127.0.0.1' }),
  OUTCRY_INTERNAL_PORT: integer({
    meaning: 'Internal port: health, readiness, metrics; 0 takes any free one.',
    min: 0,
    max: 65_535,
    default: 8081,
  }),
  OUTCRY_REDIS_URL: text(REDIS_URL, {
    meaning: 'The Redis of the cluster, or those that share its rooms: the same in the same order for all services.',
    default: 'redis://127.0.0.1:6379',
  }),
  OUTCRY_REDIS_SENTINEL_USER: optionalText(ANYTHING, {
    meaning:
      'As whom to log in at the sentinels that OUTCRY_REDIS_URL names; the user in the URL is that of the servers.',
  }),
  OUTCRY_REDIS_SENTINEL_PASSWORD: optionalText(ANYTHING, {
    meaning: 'The password for the sentinels. Unset: they ask for none.',
    isSecret: true,
  }),
  OUTCRY_REDIS_REQUIRE_REPLICAS: boolean({
    meaning:
      'Refuses a Redis that takes writes while no replica would get them (`min-replicas-to-write` 0), so that a primary that is cut off stops acknowledging.',
    default: false,
  }),
  OUTCRY_REDIS_WAIT_MS: integer({
    meaning:
      'How long a start waits for a Redis that cannot be reached, before it ends with exit code 1. A wrong password, or what else no waiting mends, ends it at once.',
    min: 0,
    max: 86_400_000,
    default: 300_000,
  }),
  OUTCRY_REDIS_PREFIX: text(NAME, { meaning: 'Begins every key and channel in Redis.', default: 'outcry' }),
  OUTCRY_LOG_LEVEL: choice(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
    meaning: 'The least severe log lines that are written.',
    default: 'info',
  }),
} as const;
