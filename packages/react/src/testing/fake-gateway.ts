import type { WebSocketFactory, WebSocketLike } from '@outcry/client';

type Frame = Readonly<Record<string, unknown>>;
type Listener = (event: never) => void;

const WELCOME: Frame = {
  ...{ type: 'welcome', connection: 'c', node: 'n', user: 'ann', at: 0, heartbeatMs: 25_000, resumeWindowMs: 600_000 },
  ...{ maxFrameBytes: 16_384, maxRooms: 128, maxSubscriptions: 64, maxFramesPerSecond: 0 },
};
const SCALES: Frame = { epoch: 'b', priceScale: 2, sizeScale: 0, venueAt: 0, at: 0, venueSeq: 1, seq: 1 };

/** As much of a gateway as answers what hooks ask for, in JSON. It says what it was asked, and a test says the rest. */
export class FakeGateway {
  readonly sockets: FakeSocket[] = [];
  readonly requests: Frame[] = [];
  readonly members = new Set(['ann', 'bob']);
  #seq = 0;

  readonly open: WebSocketFactory = () => {
    const socket = new FakeSocket((frame) => {
      this.requests.push(frame);
      this.#answer(socket, frame);
    });
    this.sockets.push(socket);
    setTimeout(() => {
      socket.tell('open', {});
      socket.say(WELCOME);
    }, 0);
    return socket;
  };

  /** Types of what was asked, with the room or the symbol. */
  get asked(): string[] {
    return this.requests.map(({ type, room, symbol }) => [type, room ?? symbol].map(String).join(' '));
  }

  get openSockets(): number {
    return this.sockets.filter(({ isOpen }) => isOpen).length;
  }

  /** Says something to the latest connection. */
  say(frame: Frame): void {
    this.sockets.at(-1)?.say(frame);
  }

  message(room: string, data: unknown): void {
    this.#seq += 1;
    this.say({ type: 'message', room, from: 'bob', at: 1, data, seq: this.#seq });
  }

  #answer(socket: FakeSocket, { type, id, room, symbol, depth, interval, data }: Frame): void {
    if (room === 'secret') {
      socket.say({ type: 'error', id, code: 'forbidden', message: 'not yours', retryable: false });
    } else if (type === 'join') {
      socket.say({ type: 'joined', id, room, epoch: 'e', seq: this.#seq, recovered: false, members: 2 });
    } else if (type === 'members') {
      const members = [...this.members].map((user) => ({ user, connections: 1 }));
      socket.say({ type: 'ack', id, count: members.length, members });
    } else if (type === 'publish') {
      this.message(String(room), data);
      socket.say({ type: 'ack', id, epoch: 'e', seq: this.#seq });
    } else {
      socket.say({ type: 'ack', id });
      if (type !== 'subscribe') return;
      const levels = { bids: [['99.00', '3']], asks: [['100.50', '7']] };
      socket.say({ type: 'snapshot', symbol, depth, interval, ...levels, ...SCALES });
    }
  }
}

class FakeSocket implements WebSocketLike {
  readonly #listeners: { readonly type: string; readonly listener: Listener }[] = [];
  readonly #onFrame: (frame: Frame) => void;
  binaryType = '';
  isOpen = true;

  constructor(onFrame: (frame: Frame) => void) {
    this.#onFrame = onFrame;
  }

  addEventListener(type: string, listener: Listener): void {
    this.#listeners.push({ type, listener });
  }

  /** What is sent arrives after whoever sends it has gone on, as on a network. */
  send(data: string | Uint8Array): void {
    if (typeof data !== 'string') throw new TypeError('expected text');
    const frame = JSON.parse(data) as Frame;
    setTimeout(() => {
      if (this.isOpen) this.#onFrame(frame);
    }, 0);
  }

  close(): void {
    this.isOpen = false;
    this.tell('close', { code: 1000, reason: '' });
  }

  /** As a network does. */
  lose(): void {
    this.isOpen = false;
    this.tell('close', { code: 1006, reason: '' });
  }

  say(frame: Frame): void {
    this.tell('message', { data: JSON.stringify(frame) });
  }

  tell(type: string, event: unknown): void {
    for (const each of this.#listeners) if (each.type === type) each.listener(event as never);
  }
}
