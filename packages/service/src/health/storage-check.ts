import type { StorageStatus } from '@outcry/broker';

import type { Check } from './check.ts';

/**
 * Whether messages can be stored. Where they cannot, no other process is better off, so that it keeps no traffic away.
 *
 * @param whenFull what becomes of the service's work then
 */
export function checkStorage(storage: StorageStatus | undefined, whenFull?: string): Check {
  if (storage === undefined || storage.state === 'writable') return { name: 'storage' };
  const isNamed = storage.state === 'full' && whenFull !== undefined;
  return { name: 'storage', reason: isNamed ? `storage is full: ${whenFull}` : storage.reason };
}
