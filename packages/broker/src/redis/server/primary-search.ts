import { OutcryError } from '../../outcry-error.ts';
import { type ConnectionOptions, RedisConnection } from '../connection/connection.ts';
import { readField } from './server-info.ts';

/**
 * Whether a replica hears its primary: then everything that is published there is published here, too.
 *
 * @param info the reply of `INFO replication`
 */
export function isInStep(info: string): boolean {
  return readField(info, 'role') === 'slave' && readField(info, 'master_link_status') === 'up';
}

/** Whether the address leads to a server that takes writes by now, as a name does behind a failover. */
export async function leadsToPrimary(options: ConnectionOptions, probeKey: string): Promise<boolean> {
  const ignore = (): void => undefined;
  const handler = { handleReady: ignore, handleLost: ignore, handleRefused: ignore, handleUnwritable: ignore };
  const scout = new RedisConnection(options, handler);
  try {
    await scout.connect(performance.now());
    await scout.probe(probeKey);
    return true;
  } catch (error) {
    if (!(error instanceof OutcryError)) throw error;
    return false;
  } finally {
    await scout.close();
  }
}
