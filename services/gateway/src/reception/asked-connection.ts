import { CLOSE_CODES, type CloseCode, type Encoding, type ServerFrame } from '@outcry/protocol';

import { Backlog } from '../connections/backlog.ts';
import { type ConnectionDetails, NOTHING_READ } from '../connections/connection-details.ts';
import { NO_STREAMS } from '../connections/conflatable-streams.ts';
import type { Connection } from '../connections/connection.ts';
import { sendFrame } from '../connections/send-frame.ts';
import { type Admission, type ConnectHook, Refused } from '../hooks/connect-hook.ts';
import type { Identity } from '../identity/identity.ts';
import type { ClientSocket } from '../transport/client-socket.ts';
import type { Endpoint, SessionPort } from '../transport/transport.ts';
import type { ReceptionServices } from './reception-services.ts';

/** Who has come, and what for. */
export interface Arriving {
  readonly socket: ClientSocket;
  readonly encoding: Encoding;
  readonly connection: string;
  readonly address: string;
  readonly endpoint: Endpoint;
  readonly identity: Identity;
  /** Begins what it has come for. */
  readonly begin: (admitted: Admitted) => SessionPort;
}

export type Admitted = Extract<Admission, { readonly identity: Identity }>;

/** What a client may send before it is known whether it may stay: it need not wait for `welcome`. */
const MAX_EARLY_FRAMES = 128;
/** Or one frame of the largest that there may be. */
const MAX_EARLY_BYTES = 64 * 1024;

const CLOSE_CODE_OF: Readonly<Record<Refused, CloseCode>> = {
  [Refused.Refused]: CLOSE_CODES.refused,
  [Refused.Undecided]: CLOSE_CODES.undecided,
  [Refused.Revoked]: CLOSE_CODES.revoked,
};

interface EarlyFrame {
  readonly bytes: Uint8Array;
  readonly isBinary: boolean;
}

/**
 * A connection of which the operator's server is asked. What the client sends meanwhile is kept, within limits, and is what the
 * session is given first. How long that takes the hook's deadline says, and how many there are its questions in flight.
 */
export class AskedConnection implements SessionPort, Connection {
  readonly connection: string;
  readonly socket: ClientSocket;
  readonly identity: Identity;
  readonly deadline = undefined;
  readonly backlog: Backlog;
  readonly streams = NO_STREAMS;
  readonly #arriving: Arriving;
  readonly #services: ReceptionServices;
  readonly #openedAt = Date.now();
  readonly #early: EarlyFrame[] = [];
  #earlyBytes = 0;
  #port: SessionPort | undefined;
  /** Closed, or about to be: nothing of it is looked at any more. */
  #isOver = false;
  lastHeardAt = performance.now();
  lastPingAt = performance.now();

  constructor(arriving: Arriving, services: ReceptionServices) {
    this.connection = arriving.connection;
    this.socket = arriving.socket;
    this.identity = arriving.identity;
    this.backlog = new Backlog(arriving.socket, services.backlogLimits);
    this.#arriving = arriving;
    this.#services = services;
  }

  get details(): ConnectionDetails {
    const { connection: name, address, endpoint, encoding } = this.#arriving;
    return { name, address, endpoint, encoding, openedAt: this.#openedAt, ...NOTHING_READ };
  }

  async ask(hook: ConnectHook): Promise<void> {
    const { connection, address, endpoint, identity, begin } = this.#arriving;
    const admission = await hook.admit({ connection, address, endpoint, identity, isRefresh: false });
    if (this.#isOver) return;
    if (admission.refused !== undefined) {
      this.close(CLOSE_CODE_OF[admission.refused]);
      return;
    }
    this.#services.connections.remove(this);
    this.#port = begin(admission);
    for (const { bytes, isBinary } of this.#early.splice(0)) this.#port.received(bytes, isBinary);
  }

  received(bytes: Uint8Array, isBinary: boolean): void {
    if (this.#port !== undefined) this.#port.received(bytes, isBinary);
    else if (!this.#isOver) this.#keep(bytes, isBinary);
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
    if (this.#port === undefined) {
      this.#end();
      this.#services.connections.end(this, code);
      this.#services.metrics.countClose(code);
    } else {
      this.#port.closed(code);
    }
  }

  close(closeCode: CloseCode): void {
    this.#end();
    this.socket.close(closeCode);
  }

  sendFrame(frame: ServerFrame): void {
    sendFrame(this.#arriving, frame, this.#services);
  }

  #keep(bytes: Uint8Array, isBinary: boolean): void {
    this.lastHeardAt = performance.now();
    this.#earlyBytes += bytes.length;
    const maxBytes = Math.max(MAX_EARLY_BYTES, this.#services.limits.maxFrameBytes);
    if (this.#early.length === MAX_EARLY_FRAMES || this.#earlyBytes > maxBytes) {
      this.close(CLOSE_CODES.rateLimited);
      return;
    }
    this.#early.push({ bytes: new Uint8Array(bytes), isBinary });
  }

  #end(): void {
    this.#isOver = true;
    this.#early.length = 0;
    this.#services.connections.remove(this);
  }
}
