import { CLOSE_CODES, type Encoding, ERROR_CODES } from '@outcry/protocol';

import type { SessionServices } from '../session/session-services.ts';
import type { ClientSocket } from '../transport/client-socket.ts';
import type { SessionPort } from '../transport/transport.ts';

/** What there is a rate of, and its name in an error. */
const PACED = { frames: 'frames', bytes: 'bytes', controlFrames: 'pings and pongs' } as const;

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
  readonly #services: SessionServices;

  constructor({ port, socket, encoding }: PacedPortOptions, services: SessionServices) {
    this.#port = port;
    this.#socket = socket;
    this.#encoding = encoding;
    this.#services = services;
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
    const { metrics, meters } = this.#services;
    const meter = meters[what];
    const verdict = meter.take(this, performance.now(), cost);
    if (verdict === 'pass') return true;
    metrics.rateLimited.labels(what).inc();
    if (verdict === 'giveUp') this.#socket.close(CLOSE_CODES.rateLimited);
    else this.#refuse(`${PACED[what]} come faster than ${String(meter.perSecond)} a second`);
    return false;
  }

  #refuse(message: string): void {
    const { metrics, codecs } = this.#services;
    const { code, isRetryable: retryable } = ERROR_CODES.rateLimited;
    const frame = codecs[this.#encoding].encodeServer({ type: 'error', code, message, retryable });
    metrics.errors.labels(code).inc();
    metrics.countOut(this.#encoding, frame.length, 1);
    if (this.#socket.send(frame) === 'dropped') this.#port.overflowed();
  }
}
