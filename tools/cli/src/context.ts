import { type Client, connect, type Message } from '@outcry/client';

import { clock, describePayload, type Output } from './output.ts';

/** What every command is given. */
export interface Context {
  readonly client: Client;
  readonly output: Output;
  /** Aborts at Ctrl-C, and when whoever read the output has gone. */
  readonly signal: AbortSignal;
  readonly input: NodeJS.ReadableStream;
}

export interface ConnectionOptions {
  readonly url: string;
  readonly token?: string;
  readonly encoding: 'json' | 'msgpack';
  readonly timeout: number;
}

/** Connects, and says on the side what becomes of the connection. */
export function openClient({ url, token, encoding, timeout }: ConnectionOptions, output: Output): Client {
  return connect(url, {
    encoding,
    requestTimeoutMs: timeout,
    publishTimeoutMs: timeout,
    ...(token === undefined ? {} : { token }),
    onStatus: (status) => {
      if (status.state === 'connected') output.note(`connected to ${status.node} as ${status.user}`);
      else if (status.state === 'reconnecting' && status.retryAt !== undefined) {
        output.note(`${status.error.message}; trying again`);
      }
    },
  });
}

export function writeMessage(output: Output, message: Message): void {
  output.write(`${clock(message.at)} ${message.from}: ${describePayload(message.data)}`, message);
}
