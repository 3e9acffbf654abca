import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

import { ERROR_CODES, type ErrorCodeName } from '@outcry/protocol';

/** Why a socket is not to become a WebSocket. */
export interface UpgradeRefusal {
  readonly status: 400 | 403 | 426 | 503;
  readonly code: ErrorCodeName;
  readonly message: string;
  readonly retryAfterSeconds?: number;
}

/** Answers in HTTP, as docs/PROTOCOL.md §2 has it, and ends the socket. */
export function refuseUpgrade(socket: Duplex, { status, code, message, retryAfterSeconds }: UpgradeRefusal): void {
  const { code: name, isRetryable: retryable } = ERROR_CODES[code];
  const body = JSON.stringify({ error: { code: name, message, retryable } });
  const headers = [
    `HTTP/1.1 ${String(status)} ${STATUS_CODES[status] ?? ''}`,
    'content-type: application/json',
    `content-length: ${String(Buffer.byteLength(body))}`,
    'connection: close',
    ...(status === 426 ? ['upgrade: websocket', 'sec-websocket-version: 13'] : []),
    ...(retryAfterSeconds === undefined ? [] : [`retry-after: ${String(retryAfterSeconds)}`]),
  ];
  // Whoever goes away meanwhile has no answer.
  socket.on('error', () => undefined);
  socket.once('finish', () => {
    socket.destroy();
  });
  socket.end(`${headers.join('\r\n')}\r\n\r\n${body}`);
}
