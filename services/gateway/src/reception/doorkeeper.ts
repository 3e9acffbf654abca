import { ERROR_CODES, type ErrorCodeName } from '@outcry/protocol';
import type { LoopLag } from '@outcry/service';

import type { Connections } from '../connections/connections.ts';
import type { ConnectionLimits } from '../limits/connection-limits.ts';
import type { GatewayMetrics } from '../observability/metrics.ts';
import type { Refusal, Visitor } from '../transport/transport.ts';
import { OriginPolicy } from './origin-policy.ts';
import type { ReceptionConfig } from './settings.ts';

const RETRY_AFTER_SECONDS = 2;

export interface DoorkeeperParts {
  readonly reception: Pick<ReceptionConfig, 'origins' | 'maxConnections' | 'maxLoopLagMs'>;
  readonly connections: Connections;
  readonly connectionLimits: ConnectionLimits;
  readonly loopLag: Pick<LoopLag, 'meanMs'>;
  readonly metrics: GatewayMetrics;
}

/** Sends visitors away before anything of theirs is looked at that costs something: a token, above all. */
export class Doorkeeper {
  readonly #parts: DoorkeeperParts;
  readonly #origins: OriginPolicy;

  constructor(parts: DoorkeeperParts) {
    this.#parts = parts;
    this.#origins = new OriginPolicy(parts.reception.origins);
  }

  /** @param shutFor Why the node takes no connections, or undefined. */
  refusal(visitor: Visitor, shutFor: string | undefined): Refusal | undefined {
    const refusal = this.#judge(visitor, shutFor);
    if (refusal !== undefined) this.#parts.metrics.refusals.labels(String(refusal.status)).inc();
    return refusal;
  }

  #judge(visitor: Visitor, shutFor: string | undefined): Refusal | undefined {
    if (!this.#origins.admits(visitor)) {
      return createRefusal(403, 'forbidden', 'this origin may not connect');
    }
    const overload = shutFor ?? this.#overload();
    if (overload !== undefined) return createRefusal(503, 'unavailable', overload);
    if (this.#parts.connectionLimits.refuses(visitor.address)) {
      return createRefusal(429, 'rateLimited', 'the address connects too often');
    }
    return undefined;
  }

  #overload(): string | undefined {
    const { reception, connections, loopLag } = this.#parts;
    const { maxConnections, maxLoopLagMs } = reception;
    if (connections.size >= maxConnections) return 'at capacity';
    return maxLoopLagMs > 0 && loopLag.meanMs > maxLoopLagMs ? 'overloaded' : undefined;
  }
}

function createRefusal(status: Refusal['status'], code: ErrorCodeName, message: string): Refusal {
  const error = ERROR_CODES[code];
  return { status, error, message, retryAfterSeconds: error.isRetryable ? RETRY_AFTER_SECONDS : undefined };
}
