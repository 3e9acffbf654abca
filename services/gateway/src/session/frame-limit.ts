import { CLOSE_CODES, type CloseCode, ERROR_CODES, type ServerFrame } from '@outcry/protocol';

import { TokenBucket } from '../limits/token-bucket.ts';
import type { SessionServices } from './session-services.ts';

/** The connection whose frames are counted. */
export interface LimitedConnection {
  sendFrame(frame: ServerFrame): void;
  close(closeCode: CloseCode): void;
}

/**
 * How often a client may send. WebSocket's own pings and pongs count as well: uWebSockets.js answers each ping by itself, so
 * a flood of them costs as much as one of frames.
 */
export class FrameLimit {
  readonly #connection: LimitedConnection;
  readonly #services: Pick<SessionServices, 'config' | 'metrics'>;
  readonly #bucket: TokenBucket;

  constructor(connection: LimitedConnection, services: Pick<SessionServices, 'config' | 'metrics'>) {
    this.#connection = connection;
    this.#services = services;
    this.#bucket = new TokenBucket(services.config.limits.maxFramesPerSecond, performance.now());
  }

  /** Whether one more frame is looked at. Otherwise the client has been told, or sent away where it was told often enough. */
  mayPass(): boolean {
    const verdict = this.#bucket.take(performance.now());
    if (verdict === 'giveUp') this.#connection.close(CLOSE_CODES.rateLimited);
    if (verdict === 'refuse') this.#refuse();
    return verdict === 'pass';
  }

  #refuse(): void {
    const { code, isRetryable: retryable } = ERROR_CODES.rateLimited;
    const { config, metrics } = this.#services;
    const message = `frames come faster than ${String(config.limits.maxFramesPerSecond)} a second`;
    metrics.errors.labels(code).inc();
    this.#connection.sendFrame({ type: 'error', code, message, retryable });
  }
}
