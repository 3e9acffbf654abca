import type { GatewayConfig } from '../config/config.ts';
import type { ConnectionLimits } from '../limits/connection-limits.ts';
import type { LoopLag } from '../limits/loop-lag.ts';
import { OriginPolicy } from '../limits/origin-policy.ts';
import type { GatewayMetrics } from '../observability/metrics.ts';
import type { Refusal, Visitor } from '../transport/transport.ts';
import type { Connections } from './connections.ts';

const RETRY_AFTER_SECONDS = 2;

export interface DoorkeeperParts {
  readonly config: GatewayConfig;
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
    this.#origins = new OriginPolicy(parts.config.origins);
  }

  /** @param notReady Why the node takes no connections, or undefined. */
  refusal(visitor: Visitor, notReady: string | undefined): Refusal | undefined {
    const refusal = this.#judge(visitor, notReady);
    if (refusal !== undefined) this.#parts.metrics.refusals.labels(String(refusal.status)).inc();
    return refusal;
  }

  #judge(visitor: Visitor, notReady: string | undefined): Refusal | undefined {
    if (!this.#origins.admits(visitor)) {
      return { status: 403, reason: 'this origin may not connect', retryAfterSeconds: undefined };
    }
    const overload = notReady ?? this.#overload();
    if (overload !== undefined) return { status: 503, reason: overload, retryAfterSeconds: RETRY_AFTER_SECONDS };
    if (this.#parts.connectionLimits.refuses(visitor.address)) {
      return { status: 429, reason: 'too many connections in a short time', retryAfterSeconds: RETRY_AFTER_SECONDS };
    }
    return undefined;
  }

  #overload(): string | undefined {
    const { config, connections, loopLag } = this.#parts;
    const { maxConnections, maxLoopLagMs } = config.limits;
    if (connections.size >= maxConnections) return 'at capacity';
    return maxLoopLagMs > 0 && loopLag.meanMs > maxLoopLagMs ? 'overloaded' : undefined;
  }
}
