import {
  type ClientFrameOf,
  CLOSE_CODES,
  type CloseCode,
  type Encoding,
  ProtocolError,
  type ServerFrame,
} from '@outcry/protocol';

import type { Identity } from '../identity/identity.ts';
import { closeCodeFor } from '../identity/refusal-close-code.ts';
import { Backlog } from '../connections/backlog.ts';
import { NO_STREAMS } from '../connections/conflatable-streams.ts';
import type { Connection } from '../connections/connection.ts';
import type { Deadline } from '../connections/deadline.ts';
import { sendFrame } from '../connections/send-frame.ts';
import type { ClientSocket } from '../transport/client-socket.ts';
import type { SessionPort } from '../transport/transport.ts';
import { acknowledgeIdentity } from '../session/answers.ts';
import type { Session } from '../session/session.ts';
import type { ReceptionServices } from './reception-services.ts';

export interface WaitingConnectionOptions {
  readonly socket: ClientSocket;
  readonly encoding: Encoding;
  /** Begins the session of a client that has said who it is, at once or once it is known that it may. */
  readonly begin: (identity: Identity, onBegun: (session: Session) => void) => SessionPort;
  /** Called once, when it waits no longer, whatever came of it. */
  readonly onSettled: () => void;
}

/**
 * A connection that came without a token where one is required. Its first frame is `auth` with a token that is taken, or its
 * last: nothing else is looked at, nothing is sent, and it is closed when the time is over.
 */
export class WaitingConnection implements SessionPort, Connection {
  readonly socket: ClientSocket;
  readonly identity = undefined;
  readonly deadline: Deadline;
  readonly backlog: Backlog;
  readonly streams = NO_STREAMS;
  readonly #options: WaitingConnectionOptions;
  readonly #services: ReceptionServices;
  #port: SessionPort | undefined;
  #isSettled = false;
  lastHeardAt = performance.now();
  lastPingAt = performance.now();

  constructor(options: WaitingConnectionOptions, services: ReceptionServices) {
    this.#options = options;
    this.#services = services;
    this.socket = options.socket;
    this.backlog = new Backlog(options.socket, services.backlogLimits);
    this.deadline = { at: performance.now() + services.reception.authDeadlineMs, closeCode: CLOSE_CODES.authTimeout };
  }

  received(bytes: Uint8Array, isBinary: boolean): void {
    if (this.#port !== undefined) this.#port.received(bytes, isBinary);
    else if (!this.#isSettled) this.#receiveFirst(bytes, isBinary);
  }

  alive(): void {
    this.lastHeardAt = performance.now();
    this.#port?.alive();
  }

  drained(): void {
    this.#port?.drained();
  }

  overflowed(): void {
    this.#port?.overflowed();
  }

  closed(code: number): void {
    this.#settle();
    if (this.#port === undefined) this.#services.metrics.countClose(code);
    else this.#port.closed(code);
  }

  close(closeCode: CloseCode): void {
    this.#settle();
    this.socket.close(closeCode);
  }

  sendFrame(frame: ServerFrame): void {
    sendFrame(this.#options, frame, this.#services);
  }

  #receiveFirst(bytes: Uint8Array, isBinary: boolean): void {
    const { limits, metrics } = this.#services;
    const { encoding } = this.#options;
    metrics.countIn(encoding, bytes.length);
    if (isBinary !== (encoding === 'msgpack')) this.close(CLOSE_CODES.unsupportedData);
    else if (bytes.length > limits.maxFrameBytes) this.close(CLOSE_CODES.tooBig);
    else this.#authenticate(bytes);
  }

  #authenticate(bytes: Uint8Array): void {
    const frame = this.#decode(bytes);
    if (frame === undefined) return;
    const { authenticator, metrics } = this.#services;
    const { identity, refusal } = authenticator.authenticate(frame.token);
    if (identity === undefined) {
      metrics.tokenRefusals.labels(refusal).inc();
      this.close(closeCodeFor(refusal));
      return;
    }
    this.#settle();
    this.#port = this.#options.begin(identity, (session) => {
      acknowledgeIdentity(session, frame.id, session.identity);
    });
  }

  /** Undefined where it is no `auth`, and the connection is closed. */
  #decode(bytes: Uint8Array): ClientFrameOf<'auth'> | undefined {
    try {
      const frame = this.#services.codecs[this.#options.encoding].decodeClient(bytes);
      if (frame.type === 'auth') return frame;
      this.close(CLOSE_CODES.unauthenticated);
    } catch (err) {
      this.close(err instanceof ProtocolError ? CLOSE_CODES.malformed : CLOSE_CODES.unauthenticated);
    }
    return undefined;
  }

  #settle(): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#services.connections.remove(this);
    this.#options.onSettled();
  }
}
