import { type Close, watchClose } from '@outcry/endpoint';
import {
  BEARER_PREFIX,
  type ClientFrame,
  type Codec,
  createCodecs,
  type Encoding,
  ProtocolError,
  type ReceivedFrame,
  SUBPROTOCOLS,
} from '@outcry/protocol';
import { WebSocket } from 'ws';

export interface ConnectionOptions {
  readonly url: string;
  readonly encoding: Encoding;
  readonly token: string | undefined;
  readonly isInsecure: boolean;
}

/** Whom a connection tells. `closed` comes once, whatever happened, and nothing after it. */
export interface ConnectionHandler {
  received(frame: ReceivedFrame, bytes: number): void;
  /** A frame that the codec of the protocol refuses: the deployment speaks another protocol, or has a bug. */
  misunderstood(error: ProtocolError): void;
  closed(close: Close): void;
}

const HANDSHAKE_TIMEOUT_MS = 15_000;
const CODECS = createCodecs();

/** One WebSocket, in frames of the protocol. */
export class Connection {
  readonly #socket: WebSocket;
  readonly #codec: Codec;

  constructor({ url, encoding, token, isInsecure }: ConnectionOptions, handler: ConnectionHandler) {
    this.#codec = CODECS[encoding];
    const protocols = [SUBPROTOCOLS[encoding], ...(token === undefined ? [] : [`${BEARER_PREFIX}${token}`])];
    this.#socket = new WebSocket(url, protocols, {
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      perMessageDeflate: false,
      rejectUnauthorized: !isInsecure,
    });
    this.#socket.on('message', (data, isBinary) => {
      // The default binary type gives one Buffer for a message.
      if (Buffer.isBuffer(data)) this.#receive(data, { isBinary, handler });
    });
    watchClose(this.#socket, (close) => {
      handler.closed(close);
    });
  }

  send(frame: ClientFrame<unknown>): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(this.#codec.encodeClient(frame));
  }

  /** Stops reading: what comes stays with the operating systems, and then with the gateway. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Closes as a client that goes. */
  close(): void {
    this.#socket.close(1000);
  }

  /** Cuts the connection, as a lost network would. */
  terminate(): void {
    this.#socket.terminate();
  }

  #receive(data: Buffer, { isBinary, handler }: { isBinary: boolean; handler: ConnectionHandler }): void {
    let frame: ReceivedFrame | undefined;
    try {
      frame = this.#codec.decodeServer(isBinary ? data : data.toString());
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      handler.misunderstood(error);
      return;
    }
    if (frame !== undefined) handler.received(frame, data.length);
  }
}
