import { connectionOptions } from '@outcry/worker';
import type { ClientConfig } from 'pg';

/** How every connection of this service is made. */
export function connectionTo(url: string): ClientConfig {
  return connectionOptions(url, 'outcry-inbound');
}
