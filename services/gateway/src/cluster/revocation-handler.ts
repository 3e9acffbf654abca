import type { Revocation } from '@outcry/broker';
import { CLOSE_CODES } from '@outcry/protocol';
import type { Logger } from '@outcry/service';

import type { Connections } from '../connections/connections.ts';
import { isRevoked, type RevokedTokens } from '../identity/revoked-tokens.ts';
import type { GatewayMetrics } from '../observability/metrics.ts';

export interface RevocationHandlerParts {
  readonly revokedTokens: RevokedTokens;
  readonly connections: Connections;
  readonly metrics: Pick<GatewayMetrics, 'revocations'>;
  readonly logger: Logger;
}

/** A revoked token opens nothing any more, and whoever is here by it leaves. */
export function createRevocationHandler({
  revokedTokens,
  connections,
  metrics,
  logger,
}: RevocationHandlerParts): (revocation: Revocation) => void {
  return (revocation) => {
    revokedTokens.add(revocation);
    const meant = [...connections].filter(({ identity }) => identity !== undefined && isRevoked(identity, revocation));
    for (const connection of meant) connection.close(CLOSE_CODES.revoked);
    metrics.revocations.inc();
    logger.info({ kind: revocation.kind, connections: meant.length }, 'revocation');
  };
}
