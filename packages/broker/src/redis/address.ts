import { OutcryError } from '../outcry-error.ts';

const DEFAULT_PORT = '6379';

/**
 * A Redis URL as it may be shown to anybody: scheme, host and port, without user, password and options.
 *
 * @throws OutcryError `badConfig` where it is no Redis URL
 */
export function redisAddress(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !['redis:', 'rediss:'].includes(parsed.protocol) || parsed.hostname === '') {
    throw new OutcryError('badConfig', 'not a Redis URL: expected redis://host:port or rediss://host:port');
  }
  return `${parsed.protocol}//${parsed.hostname}:${parsed.port === '' ? DEFAULT_PORT : parsed.port}`;
}
