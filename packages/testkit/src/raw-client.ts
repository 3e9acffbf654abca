import { DEFAULT_DEADLINE_MS } from './deadline.ts';
import { Inbox, type TakeOptions } from './inbox.ts';
import { encodeFrame, Opcode } from './websocket/frame.ts';
import { type Disconnect, RawSocket, type RawSocketOptions } from './websocket/raw-socket.ts';
import type { WireEncoding } from './wire/kinds.ts';
import type { RequestId, ServerFrameOf, ServerFrameType, WireRequest, WireServerFrame } from './wire/server-frame.ts';
import { decodeFrame, encodeRequest } from './wire/wire-codec.ts';

const ANSWERS: readonly string[] = ['ack', 'joined', 'pong', 'results', 'reply', 'error'];
const SHOWN_CHARACTERS = 200;
/** The ids that the kit makes begin so; those of tests must not, or answers could be taken for each other. */
const OWN_ID_PREFIX = 'kit:';

export interface RawClientOptions extends RawSocketOptions {
  readonly encoding: WireEncoding;
  /** Goes as a `bearer.` subprotocol beside the encoding's own. */
  readonly token?: string;
  /** Says that it can move, by the subprotocol for that. */
  readonly canMove?: boolean;
}

/** What to wait for: a type, a type with some fields' values, or a type with a test of its own. */
export type FrameMatch<T extends ServerFrameType> =
  T | ({ readonly type: T } & { readonly [F in Exclude<keyof ServerFrameOf<T>, 'type'>]?: ServerFrameOf<T>[F] });

/**
 * A client of the protocol that shares no code with the gateway: frames are built and read by the tables of
 * docs/PROTOCOL.md. A frame that breaks them ends the client: every later wait fails and says why.
 */
export class RawClient {
  readonly socket: RawSocket;
  readonly encoding: WireEncoding;
  readonly #inbox = new Inbox<WireServerFrame>(show);
  readonly #bytes = new WeakMap<WireServerFrame, Buffer>();
  /** Ids that the test has given, with how many answers to each have not been taken. */
  readonly #openIds = new Map<unknown, number>();
  #lastId = 0;
  #violation: Error | undefined;

  private constructor(socket: RawSocket, encoding: WireEncoding) {
    this.socket = socket;
    this.encoding = encoding;
    void this.#pump();
  }

  /** Connects; does not wait for `welcome`. */
  static async connect(options: RawClientOptions): Promise<RawClient> {
    const { encoding, token, canMove } = options;
    const subprotocols = [
      `outcry.v1.${encoding}`,
      ...(token === undefined ? [] : [`bearer.${token}`]),
      ...(canMove === true ? ['outcry.move'] : []),
    ];
    return new RawClient(await RawSocket.connect({ subprotocols, ...options }), encoding);
  }

  /** Every frame so far, taken or not, in order. */
  get received(): readonly WireServerFrame[] {
    return this.#inbox.all;
  }

  /** The frames that nobody has taken yet, in order. */
  get untaken(): readonly WireServerFrame[] {
    return this.#inbox.untaken;
  }

  /** The first frame that broke the document, if there was one. */
  get violation(): Error | undefined {
    return this.#violation;
  }

  get closed(): Promise<Disconnect> {
    return this.socket.closed;
  }

  waitForClose(deadlineMs?: number): Promise<Disconnect> {
    return this.socket.waitForClose(deadlineMs);
  }

  /** @throws Error where the id is one of those that `request` makes */
  send(request: WireRequest): void {
    this.sendAtOnce([request]);
  }

  /** As `send`, of many in one piece: a server gets them together, however slow it or this client is. */
  sendAtOnce(requests: readonly WireRequest[]): void {
    for (const { id, type } of requests) {
      if (typeof id === 'string' && id.startsWith(OWN_ID_PREFIX)) {
        throw new Error(`the id ${id} of ${type}: those that begin with ${OWN_ID_PREFIX} are the kit's own`);
      }
      if (id !== undefined) this.#countOpen(id, 1);
    }
    this.#send(...requests);
  }

  /**
   * Sends a request, with an id where it has none, and takes its answer: `ack`, `joined`, `pong`, `results` or `error`.
   *
   * @throws Error where another answer could be taken for it: its id has been sent before, and no answer taken since
   */
  async request(request: WireRequest, deadlineMs: number = DEFAULT_DEADLINE_MS): Promise<WireServerFrame> {
    const given = request['id'] as RequestId | undefined;
    if (given !== undefined && this.#openIds.has(given)) {
      throw new Error(
        `the id ${String(given)} of ${request.type}: it has been sent before, and no answer to it was taken`,
      );
    }
    const id = given ?? this.#nextId();
    if (given === undefined) this.#send({ ...request, id });
    else this.send(request);
    return this.#take((frame) => ANSWERS.includes(frame.type) && 'id' in frame && frame.id === id, {
      what: `answer to ${request.type} ${String(id)}`,
      deadlineMs,
    });
  }

  /** As `request`, where only this kind of answer will do. */
  async expectAnswer<T extends 'ack' | 'joined' | 'pong' | 'results' | 'reply' | 'error'>(
    type: T,
    request: WireRequest,
    deadlineMs?: number,
  ): Promise<ServerFrameOf<T>> {
    const answer = await this.request(request, deadlineMs);
    if (answer.type !== type) throw new Error(`${request.type} was answered with ${show(answer)}, not with ${type}`);
    return answer as ServerFrameOf<T>;
  }

  /** Takes the first frame that matches; the others stay for later calls, in order. */
  async next<T extends ServerFrameType>(
    match: FrameMatch<T>,
    deadlineMs: number = DEFAULT_DEADLINE_MS,
  ): Promise<ServerFrameOf<T>> {
    const fields = Object.entries(typeof match === 'string' ? { type: match } : match);
    const frame = await this.#take(
      (candidate) => fields.every(([name, value]) => (candidate as unknown as Record<string, unknown>)[name] === value),
      { what: JSON.stringify(match), deadlineMs },
    );
    return frame as ServerFrameOf<T>;
  }

  /** Takes the first frame that this says yes to. */
  async nextWhere(
    matches: (frame: WireServerFrame) => boolean,
    options: { what: string; deadlineMs?: number },
  ): Promise<WireServerFrame> {
    return this.#take(matches, { deadlineMs: DEFAULT_DEADLINE_MS, ...options });
  }

  /** The frame as it came over the wire. */
  bytesOf(frame: WireServerFrame): Buffer {
    const bytes = this.#bytes.get(frame);
    if (bytes === undefined) throw new Error('not a frame of this client');
    return bytes;
  }

  /** Stops reading; the server feels it once the kernel's buffers are full. */
  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  /** Closes as a well-behaved client does, and waits for the end. */
  async close(): Promise<Disconnect> {
    this.socket.resume();
    this.socket.sendClose(1000);
    return this.waitForClose();
  }

  #send(...requests: readonly WireRequest[]): void {
    const opcode = this.encoding === 'json' ? Opcode.Text : Opcode.Binary;
    const frames = requests.map((request) => {
      const payload = Buffer.from(encodeRequest(request, this.encoding));
      return encodeFrame({ opcode, payload });
    });
    this.socket.sendRaw(Buffer.concat(frames));
  }

  async #take(matches: (frame: WireServerFrame) => boolean, options: TakeOptions): Promise<WireServerFrame> {
    const frame = await this.#inbox.take(matches, options);
    if ('id' in frame) this.#countOpen(frame.id, -1);
    return frame;
  }

  #countOpen(id: unknown, change: 1 | -1): void {
    const count = (this.#openIds.get(id) ?? 0) + change;
    if (count > 0) this.#openIds.set(id, count);
    else this.#openIds.delete(id);
  }

  async #pump(): Promise<void> {
    try {
      for (;;) {
        const message = await this.socket.next(['text', 'binary'], Infinity);
        const frame = this.#decode(message);
        this.#bytes.set(frame, message.bytes);
        this.#inbox.push(frame);
      }
    } catch (error) {
      this.#inbox.end(((error as Error).cause as Error | undefined) ?? (error as Error));
    }
  }

  #decode(message: Parameters<typeof decodeFrame>[0]): WireServerFrame {
    try {
      return decodeFrame(message, this.encoding);
    } catch (cause) {
      const shown = this.encoding === 'json' ? message.bytes.toString() : message.bytes.toString('hex');
      this.#violation = new Error(`${(cause as Error).message} in ${shown.slice(0, SHOWN_CHARACTERS)}`);
      throw this.#violation;
    }
  }

  #nextId(): string {
    this.#lastId += 1;
    return `${OWN_ID_PREFIX}${String(this.#lastId)}`;
  }
}

function show(frame: WireServerFrame): string {
  return JSON.stringify(frame).slice(0, SHOWN_CHARACTERS);
}
