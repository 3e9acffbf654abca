import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

import { DEFAULT_DEADLINE_MS, withDeadline } from '../deadline.ts';

/** RFC 6455 §1.3. */
const KEY_SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const HEAD_END = '\r\n\r\n';

export interface HandshakeOptions {
  /** `ws://host:port/path?query`. */
  readonly url: string;
  /** Offered in this order; none unless said otherwise. */
  readonly subprotocols?: readonly string[];
  /** Come after the handshake's own and may repeat them. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Goes in front of the request, as a proxy's own header does. */
  readonly preamble?: Uint8Array;
  readonly deadlineMs?: number;
}

/** The server's answer to the upgrade. Header names are in lower case. */
export interface HandshakeResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Empty where the answer is 101. */
  readonly body: string;
}

/** The server answered with something else than 101. */
export class HandshakeRefusedError extends Error {
  override readonly name = 'HandshakeRefusedError';
  readonly response: HandshakeResponse;

  constructor(response: HandshakeResponse) {
    super(`the handshake was answered with ${String(response.status)}`);
    this.response = response;
  }
}

export interface Handshake {
  readonly socket: Socket;
  readonly response: HandshakeResponse;
  /** What came behind the answer: the first bytes of frames. */
  readonly rest: Buffer;
}

/**
 * Opens a connection and upgrades it. The socket is paused when it is handed over.
 *
 * @throws HandshakeRefusedError where the answer is not 101
 */
export async function shakeHands(options: HandshakeOptions): Promise<Handshake> {
  const { hostname, port } = new URL(options.url);
  // A URL has an IPv6 address in brackets.
  const socket = connect({ host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port) });
  socket.setNoDelay(true);
  // Whoever waits on the socket hears of an error by that; one that comes between two waits must not end the process.
  socket.on('error', () => undefined);
  const key = randomBytes(16).toString('base64');
  const request = Buffer.concat([options.preamble ?? Buffer.alloc(0), Buffer.from(requestOf(options, key))]);
  const answered = exchange(socket, request);
  try {
    const { response, rest } = await withDeadline(answered, {
      deadlineMs: options.deadlineMs ?? DEFAULT_DEADLINE_MS,
      describe: () => `no answer to the handshake with ${options.url}`,
    });
    if (response.status !== 101) throw new HandshakeRefusedError(response);
    const accept = createHash('sha1').update(`${key}${KEY_SUFFIX}`).digest('base64');
    if (response.headers['sec-websocket-accept'] !== accept) throw new Error('sec-websocket-accept is wrong');
    return { socket, response, rest };
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

function requestOf({ url, subprotocols = [], headers = {} }: HandshakeOptions, key: string): string {
  const { host, pathname, search } = new URL(url);
  const lines = [
    `GET ${pathname}${search} HTTP/1.1`,
    `Host: ${host}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${key}`,
    ...(subprotocols.length > 0 ? [`Sec-WebSocket-Protocol: ${subprotocols.join(', ')}`] : []),
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  return `${lines.join('\r\n')}${HEAD_END}`;
}

async function exchange(socket: Socket, request: Uint8Array): Promise<{ response: HandshakeResponse; rest: Buffer }> {
  await once(socket, 'connect');
  socket.write(request);
  let received = Buffer.alloc(0);
  for (;;) {
    const bytes = await readSome(socket);
    received = Buffer.concat([received, bytes]);
    const end = received.indexOf(HEAD_END);
    if (end >= 0) {
      const head = parseHead(received.subarray(0, end).toString('latin1'));
      const rest = received.subarray(end + HEAD_END.length);
      const body = head.status === 101 ? '' : await readBody(socket, rest, Number(head.headers['content-length'] ?? 0));
      return { response: { ...head, body }, rest };
    }
  }
}

async function readBody(socket: Socket, begin: Buffer, length: number): Promise<string> {
  let body = begin;
  while (body.length < length) body = Buffer.concat([body, await readSome(socket)]);
  return body.toString();
}

/** One chunk. Between two calls the socket is paused, so nothing is lost. */
async function readSome(socket: Socket): Promise<Buffer> {
  const ended = new AbortController();
  const onClose = (): void => {
    ended.abort(new Error('the connection ended within the handshake'));
  };
  socket.once('close', onClose);
  const chunk = once(socket, 'data', { signal: ended.signal });
  socket.resume();
  try {
    const [bytes] = (await chunk) as [Buffer];
    return bytes;
  } finally {
    socket.pause();
    socket.off('close', onClose);
  }
}

function parseHead(head: string): Omit<HandshakeResponse, 'body'> {
  const [statusLine = '', ...lines] = head.split('\r\n');
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  return { status: Number(statusLine.split(' ')[1]), headers: Object.fromEntries(headers) };
}
