import { OutcryError } from '../outcry-error.ts';

const MIN_MAJOR_VERSION = 7;

/**
 * Refuses a server too old for the scripts (`PEXPIRE … GT`, effects of scripts replicated one by one).
 *
 * @param info the reply of `INFO server`
 * @throws OutcryError `badConfig`
 */
export function assertServerVersion(info: string, address: string): void {
  const version = /^redis_version:(\S+)/m.exec(info)?.[1] ?? 'of unknown version';
  if (Number.parseInt(version, 10) >= MIN_MAJOR_VERSION) return;
  throw new OutcryError(
    'badConfig',
    `Redis at ${address} is ${version}: outcry needs ${String(MIN_MAJOR_VERSION)} or newer`,
  );
}
