import { createClientCodec } from '@outcry/protocol';
import { WebSocket } from 'ws';

import { payloadOf, RoomLedger } from './ledger.ts';

const ROOMS_OF_ONE = 25;
const TICK_MS = 10;
const RETRY_MS = 50;
/** Past this one waits for answers: what cannot be taken is not to be buried. */
const MAX_PENDING = 400;
const SETTLE_DEADLINE_MS = 30_000;
const PUBLISH_ID_BITS = 2 ** 40;
const codec = createClientCodec('msgpack');

interface Pending {
  readonly ledger: RoomLedger;
  readonly n: number;
}

/** Somebody who speaks in some rooms, over one connection at a time, and says nothing twice. */
class Talker {
  readonly ledgers: readonly RoomLedger[];
  readonly #url: () => string | undefined;
  readonly #pending = new Map<number, Pending>();
  #socket: WebSocket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isOpen = false;
  #joining = 0;
  #isEnded = false;
  #lastId = 0;
  #place = 0;

  constructor(ledgers: readonly RoomLedger[], url: () => string | undefined) {
    this.ledgers = ledgers;
    this.#url = url;
    this.#connect();
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get pending(): number {
    return this.#pending.size;
  }

  /** Says something in the next room; whether it could. */
  speak(): boolean {
    const ledger = this.ledgers[this.#place];
    if (!this.#isOpen || this.#pending.size >= MAX_PENDING || ledger === undefined) return false;
    this.#place = (this.#place + 1) % this.ledgers.length;
    const n = ledger.next();
    this.#lastId = (this.#lastId + 1) % PUBLISH_ID_BITS;
    this.#pending.set(this.#lastId, { ledger, n });
    const { room } = ledger;
    this.#socket?.send(codec.encodeClient({ type: 'publish', id: this.#lastId, room, data: payloadOf(room, n) }));
    return true;
  }

  end(): void {
    this.#isEnded = true;
    clearTimeout(this.#timer);
    this.#socket?.terminate();
  }

  #connect(): void {
    const url = this.#url();
    if (url === undefined) {
      this.#comeBack();
      return;
    }
    const socket = new WebSocket(url, ['outcry.v1.msgpack', `bearer.${this.ledgers[0]?.user ?? ''}`]);
    this.#socket = socket;
    socket.on('message', (bytes: Buffer) => {
      this.#take(bytes);
    });
    // A refused handshake is an error, and then a close like any other.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#isOpen = false;
      // Whether these were said nobody knows, so they are not said again.
      this.#pending.clear();
      this.#comeBack();
    });
  }

  #join(): void {
    this.#joining = this.ledgers.length;
    for (const { room } of this.ledgers) {
      this.#socket?.send(codec.encodeClient({ type: 'join', id: room, room, history: 0, echo: false }));
    }
  }

  #comeBack(): void {
    if (this.#isEnded) return;
    this.#timer = setTimeout(() => {
      this.#connect();
    }, RETRY_MS);
  }

  #take(bytes: Buffer): void {
    const frame = codec.decodeServer(bytes);
    if (frame?.type === 'welcome') this.#join();
    else if (frame?.type === 'joined' && frame.id !== undefined) this.#isOpen = --this.#joining === 0;
    if (frame?.type !== 'ack' && frame?.type !== 'error') return;
    const pending = this.#pending.get(Number(frame.id));
    if (pending === undefined) {
      // A room could not be joined: all of it is tried again, in a while.
      if (frame.type === 'error') this.#socket?.terminate();
      return;
    }
    this.#pending.delete(Number(frame.id));
    if (frame.type === 'error') return;
    pending.ledger.acknowledge(pending.n, { epoch: frame.epoch ?? '', seq: frame.seq ?? 0 });
  }
}

export interface TalkersOptions {
  readonly rooms: number;
  /** Messages a second, of all rooms. */
  readonly rate: number;
  /** Of the gateways that are there. */
  readonly urls: () => readonly string[];
}

/** Who speaks in many rooms at a rate, whatever happens to the cluster meanwhile. */
export class Talkers {
  readonly ledgers: readonly RoomLedger[];
  readonly #talkers: readonly Talker[];
  readonly #rate: number;
  #interval: NodeJS.Timeout | undefined;
  #startedAt = 0;
  #spokenMs = 0;

  constructor({ rooms, rate, urls }: TalkersOptions) {
    this.#rate = rate;
    const groups = Array.from({ length: Math.ceil(rooms / ROOMS_OF_ONE) }, (_, i) =>
      Array.from(
        { length: Math.min(ROOMS_OF_ONE, rooms - i * ROOMS_OF_ONE) },
        (__, k) => new RoomLedger(`room-${String(i * ROOMS_OF_ONE + k)}`, `talker-${String(i)}`),
      ),
    );
    this.ledgers = groups.flat();
    this.#talkers = groups.map((ledgers, i) => {
      let attempts = i;
      return new Talker(ledgers, () => urls()[attempts++ % Math.max(1, urls().length)]);
    });
  }

  get rooms(): readonly string[] {
    return this.ledgers.map(({ room }) => room);
  }

  get acknowledged(): number {
    return this.ledgers.reduce((sum, ledger) => sum + ledger.acknowledged, 0);
  }

  get said(): number {
    return this.ledgers.reduce((sum, ledger) => sum + ledger.said, 0);
  }

  /** What was acknowledged, a second, from the start of the talk to its end. */
  get rate(): number {
    return (
      (this.acknowledged * 1000) /
      (this.#spokenMs + (this.#interval === undefined ? 0 : performance.now() - this.#startedAt))
    );
  }

  start(): void {
    this.#startedAt = performance.now();
    let spoken = 0;
    this.#interval = setInterval(() => {
      const owed = Math.floor(((performance.now() - this.#startedAt) * this.#rate) / 1000);
      // What could not be said in its time is not made up for.
      for (; spoken < owed; spoken++) this.#talkers[spoken % this.#talkers.length]?.speak();
    }, TICK_MS);
  }

  /** Says no more; resolves when everything is answered. */
  async stop(): Promise<void> {
    clearInterval(this.#interval);
    this.#interval = undefined;
    this.#spokenMs += performance.now() - this.#startedAt;
    const deadline = performance.now() + SETTLE_DEADLINE_MS;
    while (this.#talkers.some(({ pending }) => pending > 0) && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    }
  }

  end(): void {
    clearInterval(this.#interval);
    for (const talker of this.#talkers) talker.end();
  }
}
