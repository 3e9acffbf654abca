import type { Codec, Encoding, ServerFrame, WireFrame } from '@outcry/protocol';

import type { GatewayMetrics } from '../observability/metrics.ts';
import type { ClientSocket, SendOutcome } from '../transport/client-socket.ts';

/** Whom a frame goes to, and how it is written. */
export interface Recipient {
  readonly socket: ClientSocket;
  readonly encoding: Encoding;
}

export interface SendingParts {
  readonly codecs: Readonly<Record<Encoding, Codec>>;
  readonly metrics: Pick<GatewayMetrics, 'countOut'>;
}

/** Sends a frame of the gateway's own to one connection, and counts it. */
export function sendFrame(to: Recipient, frame: ServerFrame, parts: SendingParts): SendOutcome {
  return sendEncoded(to, parts.codecs[to.encoding].encodeServer(frame), parts);
}

/** Sends what is encoded already. */
export function sendEncoded(
  { socket, encoding }: Recipient,
  frame: WireFrame,
  { metrics }: Pick<SendingParts, 'metrics'>,
): SendOutcome {
  const outcome = socket.send(frame);
  metrics.countOut(encoding, frame.length, 1);
  return outcome;
}
