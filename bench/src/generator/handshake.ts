import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

import { localAddressOf } from './client-plan.ts';

export interface HandshakePlan {
  readonly url: string;
  /** Decides the address that it comes from. */
  readonly index: number;
  readonly subprotocols: readonly string[];
}

/** The text of a WebSocket handshake (RFC 6455 §4.1). */
export function handshakeOf({ url, subprotocols }: HandshakePlan): string {
  const { host, pathname } = new URL(url);
  const lines = [
    `GET ${pathname} HTTP/1.1`,
    `Host: ${host}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    `Sec-WebSocket-Protocol: ${subprotocols.join(', ')}`,
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** A connection to the server that reads what comes and does nothing with it. */
export function connectTo({ url, index }: HandshakePlan): Socket {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), localAddress: localAddressOf(index) });
  // A reset is an end like any other; 'close' follows.
  socket.on('error', () => undefined);
  socket.resume();
  return socket;
}
