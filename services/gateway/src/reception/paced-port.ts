import { CLOSE_CODES, type Encoding, ERROR_CODES } from '@outcry/protocol';

import { sendFrame, type SendingParts } from '../connections/send-frame.ts';
import type { Meters } from '../limits/meters.ts';
import type { GatewayMetrics } from '../observability/metrics.ts';
import type { ClientSocket } from '../transport/client-socket.ts';
import type { SessionPort } from '../transport/transport.ts';

/** What there is a rate of, and its name in an error. */
const PACED = { frames: 'frames', bytes: 'bytes', controlFrames: 'pings and pongs' } as const;

export interface PacedPortParts extends SendingParts {
  readonly meters: Pick<Meters, keyof typeof PACED>;
  readonly metrics: GatewayMetrics;
}

export interface PacedPortOptions {
  readonly port: SessionPort;
  readonly socket: ClientSocket;
  readonly encoding: Encoding;
}

/**
 * A connection that may send only so much in a second, whatever it is for: frames, their bytes, pings and pongs. What comes too
 * fast is dropped before it is looked at and answered with `rateLimited`; a client that does not heed that is closed.
 */
export class PacedPort implements SessionPort {
  readonly #port: SessionPort;
  readonly #socket: ClientSocket;
  readonly #encoding: Encoding;
  readonly #parts: PacedPortParts;

  constructor({ port, socket, encoding }: PacedPortOptions, parts: PacedPortParts) {
    this.#port = port;
    this.#socket = socket;
    this.#encoding = encoding;
    this.#parts = parts;
  }

  received(bytes: Uint8Array, isBinary: boolean): void {
    if (this.#heeds('frames', 1) && this.#heeds('bytes', bytes.length)) this.#port.received(bytes, isBinary);
  }

  alive(): void {
    if (this.#heeds('controlFrames', 1)) this.#port.alive();
  }

  drained(): void {
    this.#port.drained();
  }

  overflowed(): void {
    this.#port.overflowed();
  }

  closed(code: number): void {
    this.#port.closed(code);
  }

  #heeds(what: keyof typeof PACED, cost: number): boolean {
    const { metrics, meters } = this.#parts;
    const meter = meters[what];
    const verdict = meter.take(this, performance.now(), cost);
    if (verdict === 'pass') return true;
    metrics.rateLimited.labels(what).inc();
    if (verdict === 'giveUp') this.#socket.close(CLOSE_CODES.rateLimited);
    else this.#refuse(`${PACED[what]} come faster than ${String(meter.perSecond)} a second`);
    return false;
  }

  #refuse(message: string): void {
    const { code, isRetryable: retryable } = ERROR_CODES.rateLimited;
    this.#parts.metrics.errors.labels(code).inc();
    const client = { socket: this.#socket, encoding: this.#encoding };
    const outcome = sendFrame(client, { type: 'error', code, message, retryable }, this.#parts);
    if (outcome === 'dropped') this.#port.overflowed();
  }
}
