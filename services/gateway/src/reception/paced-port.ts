import { CLOSE_CODES, type Encoding, ERROR_CODES, type RequestId } from '@outcry/protocol';

import { sendFrame, type SendingParts } from '../connections/send-frame.ts';
import type { Meters } from '../limits/meters.ts';
import type { GatewayMetrics } from '../observability/metrics.ts';
import type { ClientSocket } from '../transport/client-socket.ts';
import type { SessionPort } from '../transport/transport.ts';

/** What there is a rate of, and its name in an error. */
const PACED = { frames: 'frames', bytes: 'bytes', controlFrames: 'pings and pongs' } as const;

type Paced = keyof typeof PACED;

/** What came too fast, and whether its sender has been warned enough. */
interface Excess {
  readonly what: Paced;
  readonly isGivenUp: boolean;
}

export interface PacedPortParts extends SendingParts {
  readonly meters: Pick<Meters, Paced>;
  readonly metrics: GatewayMetrics;
  readonly limits: { readonly maxFrameBytes: number };
}

export interface PacedPortOptions {
  readonly port: SessionPort;
  readonly socket: ClientSocket;
  readonly encoding: Encoding;
}

/**
 * A connection that may send only so much in a second, whatever it is for: frames, their bytes, pings and pongs. What comes too
 * fast is dropped before anything of it is looked at but its `id`, and answered with `rateLimited`; a client that does not heed
 * that is closed. So of what is refused no more is read than may be refused.
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
    const now = performance.now();
    const excess = this.#excessOf('frames', 1, now) ?? this.#excessOf('bytes', bytes.length, now);
    if (excess === undefined) this.#port.received(bytes, isBinary);
    else this.#refuse(excess, excess.isGivenUp ? undefined : this.#readId(bytes, isBinary));
  }

  alive(): void {
    const excess = this.#excessOf('controlFrames', 1, performance.now());
    if (excess === undefined) this.#port.alive();
    else this.#refuse(excess);
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

  #excessOf(what: Paced, cost: number, now: number): Excess | undefined {
    const verdict = this.#parts.meters[what].take(this, now, cost);
    if (verdict === 'pass') return undefined;
    this.#parts.metrics.rateLimited.labels(what).inc();
    return { what, isGivenUp: verdict === 'giveUp' };
  }

  /** Of a frame that a session would look at, whatever is in it. */
  #readId(bytes: Uint8Array, isBinary: boolean): RequestId | undefined {
    const { codecs, limits } = this.#parts;
    const isReadable = isBinary === (this.#encoding === 'msgpack') && bytes.length <= limits.maxFrameBytes;
    return isReadable ? codecs[this.#encoding].readId(bytes) : undefined;
  }

  #refuse({ what, isGivenUp }: Excess, id?: RequestId): void {
    if (isGivenUp) {
      this.#socket.close(CLOSE_CODES.rateLimited);
      return;
    }
    const message = `${PACED[what]} come faster than ${String(this.#parts.meters[what].perSecond)} a second`;
    const { code, isRetryable: retryable } = ERROR_CODES.rateLimited;
    this.#parts.metrics.countError(code);
    const client = { socket: this.#socket, encoding: this.#encoding };
    const outcome = sendFrame(
      client,
      { type: 'error', ...(id === undefined ? {} : { id }), code, message, retryable },
      this.#parts,
    );
    if (outcome === 'dropped') this.#port.overflowed();
  }
}
