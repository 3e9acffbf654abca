import { CLOSE_CODES, type Encoding, ERROR_CODES } from '@outcry/protocol';

import { TokenBucket, type Verdict } from '../limits/token-bucket.ts';
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
  readonly #options: PacedPortOptions;
  readonly #services: SessionServices;
  /** Each is made with its first use: an idle connection needs none. */
  #frames: TokenBucket | undefined;
  #bytes: TokenBucket | undefined;
  #controlFrames: TokenBucket | undefined;

  constructor(options: PacedPortOptions, services: SessionServices) {
    this.#options = options;
    this.#services = services;
  }

  received(bytes: Uint8Array, isBinary: boolean): void {
    const { maxFramesPerSecond, maxBytesPerSecond } = this.#services.config.limits;
    const now = performance.now();
    this.#frames ??= new TokenBucket(maxFramesPerSecond, now);
    this.#bytes ??= new TokenBucket(maxBytesPerSecond, now);
    if (
      this.#heeds('frames', this.#frames.take(now), maxFramesPerSecond) &&
      this.#heeds('bytes', this.#bytes.take(now, bytes.length), maxBytesPerSecond)
    ) {
      this.#options.port.received(bytes, isBinary);
    }
  }

  alive(): void {
    const { maxControlFramesPerSecond } = this.#services.config.limits;
    const now = performance.now();
    this.#controlFrames ??= new TokenBucket(maxControlFramesPerSecond, now);
    const verdict = this.#controlFrames.take(now);
    if (this.#heeds('controlFrames', verdict, maxControlFramesPerSecond)) this.#options.port.alive();
  }

  drained(): void {
    this.#options.port.drained();
  }

  overflowed(): void {
    this.#options.port.overflowed();
  }

  closed(code: number): void {
    this.#options.port.closed(code);
  }

  #heeds(what: keyof typeof PACED, verdict: Verdict, perSecond: number): boolean {
    if (verdict === 'pass') return true;
    const { metrics } = this.#services;
    metrics.rateLimited.labels(what).inc();
    if (verdict === 'giveUp') this.#options.socket.close(CLOSE_CODES.rateLimited);
    else this.#refuse(`${PACED[what]} come faster than ${String(perSecond)} a second`);
    return false;
  }

  #refuse(message: string): void {
    const { port, socket, encoding } = this.#options;
    const { metrics, codecs } = this.#services;
    const { code, isRetryable: retryable } = ERROR_CODES.rateLimited;
    const frame = codecs[encoding].encodeServer({ type: 'error', code, message, retryable });
    metrics.errors.labels(code).inc();
    metrics.countOut(encoding, frame.length, 1);
    if (socket.send(frame) === 'dropped') port.overflowed();
  }
}
