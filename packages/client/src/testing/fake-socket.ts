import {
  type ClientFrame,
  createCodecs,
  decodePayload,
  Encoding,
  encodePayload,
  type ReceivedFrame,
  SERVER_SCHEMA,
  SUBPROTOCOLS,
} from '@outcry/protocol';

import type { WebSocketLike } from '../connection/websocket.ts';

interface SocketEvent {
  readonly data: unknown;
  readonly code: number;
  readonly reason: string;
  readonly error: unknown;
}
type Listener = (event: SocketEvent) => void;
type Fields = Readonly<Record<string, unknown>>;

/** What a gateway reads with. */
const codecs = createCodecs();
const utf8 = new TextEncoder();

/** A socket whose other end is the test, in the encoding that the client has offered. */
export class FakeSocket implements WebSocketLike {
  readonly protocols: readonly string[];
  readonly sent: ClientFrame<unknown>[] = [];
  /** What a gateway would not have taken for a frame, or for a request. */
  readonly refused: unknown[] = [];
  binaryType = '';
  isClosed = false;
  terminate?: () => void;
  /** Called with each frame that is sent. */
  onSend?: (frame: ClientFrame<unknown>) => void;
  readonly #encoding: Encoding;
  readonly #listeners = new Map<string, Set<Listener>>();

  constructor(protocols: readonly string[]) {
    this.protocols = protocols;
    this.#encoding = protocols.includes(SUBPROTOCOLS.json) ? Encoding.Json : Encoding.Msgpack;
  }

  addEventListener(type: string, listener: Listener): void {
    const listeners = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, listeners.add(listener));
  }

  send(data: string | Uint8Array): void {
    try {
      const encoding = typeof data === 'string' ? Encoding.Json : Encoding.Msgpack;
      if (encoding !== this.#encoding) throw new TypeError(`expected ${this.#encoding}, not ${encoding}`);
      const frame = codecs[encoding].decodeClient(typeof data === 'string' ? utf8.encode(data) : data);
      const sent = 'data' in frame ? { ...frame, data: decodePayload(frame.data) } : frame;
      this.sent.push(sent);
      this.onSend?.(sent);
    } catch (error) {
      this.refused.push(error);
    }
  }

  close(): void {
    this.isClosed = true;
  }

  open(): void {
    this.#tell('open', {});
  }

  welcome(details: Partial<Extract<ReceivedFrame, { type: 'welcome' }>> = {}): void {
    this.receive({
      type: 'welcome',
      connection: 'c',
      node: 'n',
      user: 'ann',
      at: 0,
      heartbeatMs: 25_000,
      resumeWindowMs: 600_000,
      maxFrameBytes: 16_384,
      maxRooms: 128,
      maxSubscriptions: 64,
      ...details,
    });
  }

  receive(frame: ReceivedFrame): void {
    const isText = this.#encoding === Encoding.Json;
    this.#tell('message', { data: isText ? JSON.stringify(frame) : encodePayload(toArray(frame)).slice().buffer });
  }

  lose(code: number, reason = ''): void {
    this.isClosed = true;
    this.#tell('close', { code, reason });
  }

  /** As Node's own does where it cannot connect: no `close` follows. */
  fail(error: unknown): void {
    this.#tell('error', { error });
  }

  /** The frames of a type that were sent. */
  of<T extends ClientFrame['type']>(type: T): Extract<ClientFrame<unknown>, { type: T }>[] {
    return this.sent.filter((frame): frame is Extract<ClientFrame<unknown>, { type: T }> => frame.type === type);
  }

  #tell(type: string, event: Partial<SocketEvent>): void {
    const nothing = { data: undefined, code: 0, reason: '', error: undefined };
    for (const listener of this.#listeners.get(type) ?? []) listener({ ...nothing, ...event });
  }
}

/** A frame as msgpack has it: a tag, and the fields in the order of the schema. */
function toArray(frame: ReceivedFrame): unknown[] {
  const { tag, fields } = SERVER_SCHEMA[frame.type];
  const values = frame as unknown as Fields;
  return [tag, ...Object.keys(fields).map((name) => toElement(values[name]))];
}

function toElement(value: unknown): unknown {
  if (!Array.isArray(value)) return value ?? null;
  return value.map((item: unknown) => (isFrame(item) ? toArray(item) : item));
}

function isFrame(value: unknown): value is ReceivedFrame {
  return (
    typeof value === 'object' && value !== null && 'type' in value && Object.hasOwn(SERVER_SCHEMA, String(value.type))
  );
}
