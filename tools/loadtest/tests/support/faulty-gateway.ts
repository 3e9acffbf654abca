import { once } from 'node:events';

import {
  BEARER_PREFIX,
  type ClientFrame,
  CLOSE_CODES,
  createCodecs,
  Encoding,
  type ServerFrame,
  SUBPROTOCOLS,
} from '@outcry/protocol';
import { type WebSocket, WebSocketServer } from 'ws';

import { FAULTY_INSTRUMENT, feed, type FeedFault } from './faulty-feed.ts';
import { FaultyRoom, type Member, type RoomFaults } from './faulty-room.ts';

/** What a gateway does wrong. */
export interface GatewayFaults extends RoomFaults {
  /**
   * What happens at the twentieth message: the gateway dies and does not come back, loses every connection and the answer with
   * them, stands still for a while, or calls its room stale.
   */
  readonly atTwentieth?: 'die' | 'cut' | 'pause' | 'stale';
  readonly feed?: FeedFault;
}

export interface FaultyGateway extends AsyncDisposable {
  readonly url: string;
}

/** Tokens by which a gateway knows what to do with a client. */
export const Token = { Refused: 'refused', Even: 'even', Odd: 'odd' } as const;

const TWENTIETH = 20;
const PAUSE_MS = 700;
const STALE_MS = 50;
const CODEC = createCodecs()[Encoding.Msgpack];

/** A server of one room and one book that speaks the protocol, only msgpack, and does as told wrong. */
export async function startFaultyGateway(faults: GatewayFaults = {}): Promise<FaultyGateway> {
  const gateway = new Gateway(faults);
  await once(gateway.server, 'listening');
  const address = gateway.server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return {
    url: `ws://127.0.0.1:${String(address.port)}/ws`,
    [Symbol.asyncDispose]: () => gateway.close(),
  };
}

class Gateway {
  readonly server = new WebSocketServer({ host: '127.0.0.1', port: 0, handleProtocols: () => SUBPROTOCOLS.msgpack });
  readonly #closed = once(this.server, 'close');
  readonly #faults: GatewayFaults;
  readonly #room: FaultyRoom;
  /** What is to be done when a pause is over, in order. */
  #waiting: (() => void)[] | undefined;
  #messages = 0;

  constructor(faults: GatewayFaults) {
    this.#faults = faults;
    this.#room = new FaultyRoom(faults);
    this.server.on('connection', (socket, request) => {
      const offered = request.headers['sec-websocket-protocol'] ?? '';
      const has = (token: string): boolean => offered.includes(`${BEARER_PREFIX}${token}`);
      if (has(Token.Refused)) socket.close(CLOSE_CODES.unauthenticated.code, CLOSE_CODES.unauthenticated.reason);
      else this.#serve({ socket, isOdd: has(Token.Odd) });
    });
  }

  async close(): Promise<void> {
    this.#die();
    await this.#closed;
  }

  #die(): void {
    this.server.close();
    this.#cut();
  }

  #cut(): void {
    for (const client of this.server.clients) client.terminate();
  }

  #serve(member: Member): void {
    const { socket } = member;
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
      this.#whenGoing(() => {
        this.#handle(CODEC.decodeClient(bytes), { ...member, send });
      });
    });
  }

  #handle(request: ClientFrame, { send, ...member }: Member & { readonly send: (frame: ServerFrame) => void }): void {
    const id = request.id === undefined ? {} : { id: request.id };
    switch (request.type) {
      case 'join': {
        const { room, since } = request;
        const place = since ?? this.#room.place;
        send({ type: 'joined', ...id, room, recovered: since !== undefined, ...place });
        this.#room.replay(member, place.seq);
        this.#room.add(member);
        return;
      }
      case 'publish': {
        const place = this.#room.publish(request);
        this.#messages++;
        const isTurning = this.#messages === TWENTIETH;
        if (isTurning && this.#faults.atTwentieth === 'cut') {
          this.#cut();
          return;
        }
        if (place !== undefined) send({ type: 'ack', ...id, ...place });
        if (isTurning) this.#misbehave(member.socket, send);
        return;
      }
      case 'symbols':
        send({ type: 'ack', ...id, instruments: [FAULTY_INSTRUMENT] });
        return;
      case 'subscribe': {
        send({ type: 'results', ...id, results: [{ symbol: FAULTY_INSTRUMENT.symbol }] });
        const { stop } = feed(this.#faults.feed, send);
        member.socket.once('close', stop);
        return;
      }
      default:
        send({ type: 'ack', ...id });
    }
  }

  #misbehave(socket: WebSocket, send: (frame: ServerFrame) => void): void {
    const room = { room: 'load' };
    switch (this.#faults.atTwentieth) {
      case undefined:
      case 'cut':
        return;
      case 'die':
        this.#die();
        return;
      case 'pause':
        this.#waiting = [];
        setTimeout(() => {
          const waiting = this.#waiting ?? [];
          this.#waiting = undefined;
          for (const act of waiting) act();
        }, PAUSE_MS);
        return;
      case 'stale':
        send({ type: 'stale', ...room });
        setTimeout(() => {
          if (socket.readyState === socket.OPEN) send({ type: 'fresh', ...room });
        }, STALE_MS);
    }
  }

  #whenGoing(act: () => void): void {
    if (this.#waiting === undefined) act();
    else this.#waiting.push(act);
  }
}
