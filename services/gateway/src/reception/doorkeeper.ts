import { ERROR_CODES } from '@outcry/protocol';
import type { LoopLag } from '@outcry/service';

import type { Connections } from '../connections/connections.ts';
import type { ArrivalPace } from '../limits/arrival-pace.ts';
import type { ConnectionLimits } from '../limits/connection-limits.ts';
import type { GatewayMetrics } from '../observability/metrics.ts';
import type { Refusal, Visitor } from '../transport/transport.ts';
import { OriginPolicy } from './origin-policy.ts';
import type { ReceptionConfig } from './settings.ts';

const RETRY_AFTER_SECONDS = 2;
/** Who is sent away together is not to come back together: any whole number of seconds from 1 to that. */
const RETRY_SPREAD_SECONDS = 4;
const MS_PER_SECOND = 1000;
const OVERLOADED = 'overloaded';
const ERRORS = { 403: ERROR_CODES.forbidden, 429: ERROR_CODES.rateLimited, 503: ERROR_CODES.unavailable } as const;

export interface DoorkeeperParts {
  readonly reception: Pick<ReceptionConfig, 'origins' | 'maxConnections' | 'maxLoopLagMs'>;
  readonly connections: Connections;
  readonly connectionLimits: ConnectionLimits;
  readonly loopLag: Pick<LoopLag, 'meanMs'>;
  readonly pace: Pick<ArrivalPace, 'arrive'>;
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
      return createRefusal(403, 'this origin may not connect');
    }
    const overload = shutFor ?? this.#overload();
    if (overload !== undefined)
      return createRefusal(503, overload, 1 + Math.floor(Math.random() * RETRY_SPREAD_SECONDS));
    if (this.#parts.connectionLimits.refuses(visitor.address)) {
      return createRefusal(429, 'the address connects too often', RETRY_AFTER_SECONDS);
    }
    const turnMs = this.#parts.reception.maxLoopLagMs === 0 ? 0 : this.#parts.pace.arrive();
    return turnMs === 0 ? undefined : createRefusal(503, OVERLOADED, Math.ceil(turnMs / MS_PER_SECOND));
  }

  #overload(): string | undefined {
    const { reception, connections, loopLag } = this.#parts;
    const { maxConnections, maxLoopLagMs } = reception;
    if (connections.size >= maxConnections) return 'at capacity';
    return maxLoopLagMs > 0 && loopLag.meanMs > maxLoopLagMs ? OVERLOADED : undefined;
  }
}

function createRefusal(status: keyof typeof ERRORS, message: string, retryAfterSeconds?: number): Refusal {
  return { status, error: ERRORS[status], message, retryAfterSeconds };
}
