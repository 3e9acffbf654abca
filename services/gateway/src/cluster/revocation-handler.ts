import type { Revocation } from '@outcry/broker';
import { CLOSE_CODES } from '@outcry/protocol';

import { isRevoked } from '../identity/revoked-tokens.ts';
import type { SessionServices } from '../session/session-services.ts';

/** A revoked token opens nothing any more, and whoever is here by it leaves. */
export function createRevocationHandler({
  revokedTokens,
  connections,
  metrics,
  logger,
}: SessionServices): (revocation: Revocation) => void {
  return (revocation) => {
    revokedTokens.add(revocation);
    const meant = [...connections].filter(({ identity }) => identity !== undefined && isRevoked(identity, revocation));
    for (const connection of meant) connection.close(CLOSE_CODES.revoked);
    metrics.revocations.inc();
    logger.info({ kind: revocation.kind, connections: meant.length }, 'revocation');
  };
}
