import { type Client, connect, OutcryError, type WebSocketFactory } from '@outcry/client';
import { type Close, explainClose, explainSilence, watchClose } from '@outcry/endpoint';
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
  const failure = new Failure(options);
  let hasConnected = false;
  const client = connect(url, {
    encoding,
    requestTimeoutMs: timeout,
    publishTimeoutMs: timeout,
    connectTimeoutMs: timeout,
    ...(token === undefined ? {} : { token }),
    webSocket: createWebSocketFactory((close) => {
      failure.closed(close);
    }),
    onStatus: (status) => {
      if (status.state === 'connected') {
        hasConnected = true;
        output.note(`connected to ${printable(status.node)} as ${printable(status.user)}`);
      } else if (status.state === 'closed' && status.error !== undefined) {
        failure.fail(ExitCode.Refused, status.error);
      } else if (status.state === 'reconnecting' && !hasConnected) {
        failure.fail(ExitCode.NoAnswer, status.error);
      } else if (status.state === 'reconnecting' && status.retryAt !== undefined) {
        output.note(`${status.error.message}; trying again`);
      }
    },
  });
  return {
    client,
    failed: failure.promise,
    causeOf: (error) => (hasConnected ? error : causeWithoutConnection(error, () => failure.explain())),
  };
}

/** Why a session has failed: a socket says it when it is closed, which may be before or after the client knows of the loss. */
class Failure {
  readonly promise: Promise<never>;
  readonly #options: ConnectionOptions;
  #reject: (error: CommandError) => void = () => undefined;
  #close: Close | undefined;
  #exitCode: ExitCode | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.promise = new Promise((_, reject) => {
      this.#reject = reject;
    });
    // Nobody may be waiting yet, or any more.
    this.promise.catch(() => undefined);
  }

  closed(close: Close): void {
    this.#close = close;
    this.#settle();
  }

  fail(exitCode: ExitCode, { code }: OutcryError): void {
    this.#exitCode ??= exitCode;
    // A socket on which nothing came is not closed by anybody yet.
    if (code === 'timedOut') this.#reject(new CommandError(exitCode, this.explain()));
    else this.#settle();
  }

  explain(): string {
    const { url, timeout } = this.#options;
    return this.#close === undefined ? explainSilence(url, timeout) : explainClose(url, this.#close, OPTION_NAMES);
  }

  #settle(): void {
    if (this.#close === undefined || this.#exitCode === undefined) return;
    this.#reject(new CommandError(this.#exitCode, this.explain()));
  }
}

/** Whatever was asked where there is no connection has had no answer for that. */
export function causeWithoutConnection(error: unknown, explain: () => string): unknown {
  const isForThat = error instanceof OutcryError && error.code === 'timedOut';
  return isForThat ? new CommandError(ExitCode.NoAnswer, explain()) : error;
}

/** Sockets of `ws`: it says why there is no connection, which the platform's own keeps to itself. */
function createWebSocketFactory(closed: (close: Close) => void): WebSocketFactory {
  return (url, protocols) => {
    const socket = new WebSocket(url, protocols, { perMessageDeflate: false });
    watchClose(socket, closed);
    return socket;
  };
}
