import { type LeaseHolding, OutcryError } from '@outcry/broker';

import type { ApiParts } from './api-parts.ts';

/**
 * Who has each of the leases, in their order. Undefined where that cannot be told: a Redis whose users were given their rights by an
 * earlier version does not let gateways look.
 */
export async function findHolders(
  { leases, logger }: Pick<ApiParts, 'leases' | 'logger'>,
  names: readonly string[],
): Promise<readonly (LeaseHolding | undefined)[] | undefined> {
  try {
    return await leases.find(names);
  } catch (err) {
    if (!(err instanceof OutcryError) || err.code !== 'unavailable') throw err;
    logger.debug({ err }, 'leases not found');
    return undefined;
  }
}
