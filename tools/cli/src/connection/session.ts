import { type Client, type ClientStatus, connect, OutcryError, type WebSocketFactory } from '@outcry/client';
import { type Close, describeClose, explainClose, explainSilence, watchClose } from '@outcry/endpoint';
import { WebSocket } from 'ws';

import { CommandError } from '../command-error.ts';
import { ExitCode } from '../exit-code.ts';
import type { Output } from '../output/output.ts';
import { printable } from '../output/printable.ts';

export interface ConnectionOptions {
  readonly url: string;
  readonly token?: string;
  readonly encoding: 'json' | 'msgpack';
  /** For the connection, and for each answer, in milliseconds. */
  readonly timeout: number;
}

/** A client, and what becomes of its connection. */
export interface Session {
  readonly client: Client;
  /** Rejects where there is no connection to begin with, or the gateway ends it for good; never resolves. */
  readonly failed: Promise<never>;
  /** What a failure of a command comes from. */
  readonly causeOf: (error: unknown) => unknown;
}

const OPTION_NAMES = { token: '--token' };

/** Connects, says on the side what becomes of the connection, and why there is none. One that was there once comes back. */
export function openSession(options: ConnectionOptions, output: Output): Session {
  const { url, token, encoding, timeout } = options;
  let close: Close | undefined;
  let hasConnected = false;
  let fail: (error: CommandError) => void = () => undefined;
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  const explain = (): string =>
    close === undefined ? explainSilence(url, timeout) : explainClose(url, close, OPTION_NAMES);
  const client = connect(url, {
    encoding,
    requestTimeoutMs: timeout,
    publishTimeoutMs: timeout,
    connectTimeoutMs: timeout,
    ...(token === undefined ? {} : { token }),
    webSocket: createWebSocketFactory((last) => {
      close = last;
    }),
    onStatus: (status) => {
      if (status.state === 'connected') {
        hasConnected = true;
        output.note(`connected to ${printable(status.node)} as ${printable(status.user)}`);
      } else if (status.state === 'closed' && status.error !== undefined) {
        fail(new CommandError(ExitCode.Refused, explain()));
      } else if (status.state === 'reconnecting' && !hasConnected) {
        fail(new CommandError(ExitCode.NoAnswer, explain()));
      } else {
        noteLoss(status, close, output);
      }
    },
  });
  // Nobody may be waiting yet, or any more.
  failed.catch(() => undefined);
  return { client, failed, causeOf: (error) => (hasConnected ? error : causeWithoutConnection(error, explain)) };
}

/** Whatever was asked where there is no connection has had no answer for that. */
export function causeWithoutConnection(error: unknown, explain: () => string): unknown {
  const isForThat = error instanceof OutcryError && error.code === 'timedOut';
  return isForThat ? new CommandError(ExitCode.NoAnswer, explain()) : error;
}

function noteLoss(status: ClientStatus, close: Close | undefined, output: Output): void {
  if (status.state !== 'reconnecting' || status.retryAt === undefined) return;
  output.note(`${close === undefined ? status.error.message : describeClose(close)}; trying again`);
}

/** Sockets of `ws`: it says why there is no connection, which the platform's own keeps to itself. */
function createWebSocketFactory(closed: (close: Close) => void): WebSocketFactory {
  return (url, protocols) => {
    const socket = new WebSocket(url, protocols, { perMessageDeflate: false });
    watchClose(socket, closed);
    return socket;
  };
}
