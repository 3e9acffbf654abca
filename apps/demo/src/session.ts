import type { Instrument, ReceivedFrame } from '@outcry/protocol';
import { BookWatch } from './book-watch.ts';
import { Connection, type ConnectionStatus } from './connection.ts';
import { Instruments } from './instruments.ts';
import { Room } from './room.ts';
import type { OpenSocket } from './socket.ts';

export interface SessionOptions {
  readonly url: string;
  readonly user: string;
  readonly room: string;
  readonly openSocket: OpenSocket;
  readonly onStatus: (status: ConnectionStatus) => void;
  readonly onRoomChange: () => void;
  readonly onBookChange: () => void;
  readonly onInstruments: (instruments: readonly Instrument[]) => void;
}

/** A visitor's stay: one room and one book, carried over from connection to connection. */
export class Session {
  readonly connection: Connection;
  readonly room: Room;
  readonly watch: BookWatch;
  readonly #instruments: Instruments;
  readonly #onStatus: (status: ConnectionStatus) => void;
  #isLive = false;

  constructor(options: SessionOptions) {
    const { url, user, openSocket, onRoomChange, onBookChange, onInstruments } = options;
    const connection = new Connection({
      url,
      user,
      openSocket,
      onStatus: this.#handleStatus.bind(this),
      onFrame: this.#handleFrame.bind(this),
    });
    this.connection = connection;
    this.room = new Room({ name: options.room, user, connection, onChange: onRoomChange });
    this.watch = new BookWatch({ connection, onChange: onBookChange });
    this.#instruments = new Instruments(connection, onInstruments);
    this.#onStatus = options.onStatus;
  }

  #handleStatus(status: ConnectionStatus): void {
    const wasLive = this.#isLive;
    this.#isLive = status.state === 'live';
    this.#onStatus(status);
    if (this.#isLive && !wasLive) {
      this.room.join();
      this.watch.subscribe();
      this.#instruments.ask();
    } else if (wasLive && !this.#isLive) {
      this.room.handleLoss();
    }
  }

  #handleFrame(frame: ReceivedFrame): void {
    this.room.handleFrame(frame);
    this.watch.handleFrame(frame);
  }
}
