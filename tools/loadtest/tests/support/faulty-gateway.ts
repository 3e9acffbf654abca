import { once } from 'node:events';

import {
  appendSeq,
  BEARER_PREFIX,
  CLOSE_CODES,
  createCodecs,
  encodeMessageHead,
  Encoding,
  type ServerFrame,
  SUBPROTOCOLS,
} from '@outcry/protocol';
import { type WebSocket, WebSocketServer } from 'ws';

/** What becomes of every tenth message on its way to the members. */
export type DeliveryFault = 'none' | 'drop' | 'repeat' | 'swap';

export interface FaultyGateway extends AsyncDisposable {
  readonly url: string;
}

const EPOCH = 'epoch-1';
const FAULTY_EVERY = 10;
export const REFUSED_TOKEN = 'refused';
const CODEC = createCodecs()[Encoding.Msgpack];

/** A server of one room that speaks the protocol and does one thing wrong with every tenth message. Only msgpack. */
export async function startFaultyGateway(fault: DeliveryFault): Promise<FaultyGateway> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, handleProtocols: () => SUBPROTOCOLS.msgpack });
  const room = new FaultyRoom(fault);
  server.on('connection', (socket, request) => {
    if (request.headers['sec-websocket-protocol']?.includes(`${BEARER_PREFIX}${REFUSED_TOKEN}`) === true) {
      const { code, reason } = CLOSE_CODES.unauthenticated;
      socket.close(code, reason);
      return;
    }
    serve(socket, room);
  });
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return {
    url: `ws://127.0.0.1:${String(address.port)}/ws`,
    [Symbol.asyncDispose]: async () => {
      for (const client of server.clients) client.terminate();
      server.close();
      await once(server, 'close');
    },
  };
}

class FaultyRoom {
  readonly #fault: DeliveryFault;
  readonly #members = new Set<WebSocket>();
  #seq = 0;
  #held: Uint8Array | undefined;

  constructor(fault: DeliveryFault) {
    this.#fault = fault;
  }

  get seq(): number {
    return this.#seq;
  }

  add(member: WebSocket): void {
    this.#members.add(member);
    member.once('close', () => this.#members.delete(member));
  }

  publish(room: string, data: Uint8Array): number {
    this.#seq++;
    const head = encodeMessageHead({ room, from: 'somebody', at: Date.now(), data });
    for (const frame of this.#mistreat(appendSeq(head, this.#seq))) {
      for (const member of this.#members) member.send(frame);
    }
    return this.#seq;
  }

  /** What is sent in place of a message. */
  #mistreat(frame: Uint8Array): readonly Uint8Array[] {
    const held = this.#held;
    this.#held = undefined;
    if (held !== undefined) return [frame, held];
    if (this.#fault === 'none' || this.#seq % FAULTY_EVERY !== 0) return [frame];
    if (this.#fault === 'drop') return [];
    if (this.#fault === 'repeat') return [frame, frame];
    this.#held = frame;
    return [];
  }
}

function serve(socket: WebSocket, room: FaultyRoom): void {
  const send = (frame: ServerFrame): void => {
    socket.send(CODEC.encodeServer(frame));
  };
  send({
    type: 'welcome',
    connection: 'c1',
    node: 'faulty',
    user: 'somebody',
    at: Date.now(),
    heartbeatMs: 25_000,
    resumeWindowMs: 600_000,
    maxFrameBytes: 16_384,
    maxRooms: 128,
    maxSubscriptions: 64,
  });
  socket.on('message', (bytes: Buffer) => {
    const request = CODEC.decodeClient(bytes);
    const id = request.id === undefined ? {} : { id: request.id };
    if (request.type === 'join') {
      send({ type: 'joined', ...id, room: request.room, epoch: EPOCH, recovered: false, seq: room.seq });
      room.add(socket);
    } else if (request.type === 'publish') {
      send({ type: 'ack', ...id, epoch: EPOCH, seq: room.publish(request.room, request.data) });
    } else {
      send({ type: 'ack', ...id });
    }
  });
}
