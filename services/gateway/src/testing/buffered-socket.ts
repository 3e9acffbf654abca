import type { CloseCode, Encoding, WireFrame } from '@outcry/protocol';

import { FakeSocket, type FakeTransport } from './fake-transport.ts';

/** A socket whose client reads when it likes: what it has not read yet waits, in order. */
export class BufferedSocket extends FakeSocket {
  readonly #read: (frame: WireFrame) => void;
  readonly #unread: WireFrame[] = [];
  isPaused = false;

  constructor(transport: FakeTransport, encoding: Encoding, read: (frame: WireFrame) => void) {
    super(transport, encoding);
    this.#read = read;
  }

  override receive(frame: WireFrame): void {
    if (this.closeCode !== undefined) return;
    if (this.isPaused) {
      this.#unread.push(frame);
      this.buffered += frame.length;
    } else {
      this.#read(frame);
    }
  }

  /** The client reads so many of the frames that wait for it. */
  readSome(count: number): void {
    for (const frame of this.#unread.splice(0, count)) {
      this.buffered -= frame.length;
      this.#read(frame);
    }
  }

  /** What waits is lost with the connection. */
  override close(closeCode: CloseCode): void {
    super.close(closeCode);
    this.#unread.length = 0;
  }
}
