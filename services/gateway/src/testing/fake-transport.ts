import type { CloseCode, ReceivedFrame, WireFrame } from '@outcry/protocol';
import { createCodecs, Encoding } from '@outcry/protocol';

import type { ClientSocket, SendOutcome } from '../transport/client-socket.ts';
import type { TopicPublisher } from '../transport/transport.ts';

const codecs = createCodecs();

/** Topics and sockets in memory, with the order that uWS promises between send, publish, follow and unfollow. */
export class FakeTransport implements TopicPublisher {
  readonly sockets = new Set<FakeSocket>();
  /** Calls of `publish`, whatever the number of followers. */
  publishCount = 0;

  connect(encoding: Encoding = Encoding.Json): FakeSocket {
    const socket = new FakeSocket(this, encoding);
    this.sockets.add(socket);
    return socket;
  }

  publish(topic: string, frame: WireFrame): void {
    this.publishCount += 1;
    this.deliver(topic, frame, undefined);
  }

  deliver(topic: string, frame: WireFrame, except: FakeSocket | undefined): void {
    for (const socket of this.sockets) if (socket !== except && socket.topics.has(topic)) socket.receive(frame);
  }
}

export class FakeSocket implements ClientSocket {
  readonly encoding: Encoding;
  readonly topics = new Set<string>();
  /** Everything that reached the client, in order. */
  readonly wire: WireFrame[] = [];
  readonly pings: number[] = [];
  closeCode: CloseCode | undefined;
  buffered = 0;
  /** What each frame that is sent to this socket alone adds to `buffered`. */
  bytesPerSend = 0;
  outcome: SendOutcome = 'sent';
  readonly #transport: FakeTransport;

  constructor(transport: FakeTransport, encoding: Encoding) {
    this.#transport = transport;
    this.encoding = encoding;
  }

  /** What reached the client, decoded. */
  get frames(): readonly ReceivedFrame[] {
    return this.wire.map((frame) => codecs[this.encoding].decodeServer(frame)).filter((frame) => frame !== undefined);
  }

  framesOf<T extends ReceivedFrame['type']>(type: T): readonly Extract<ReceivedFrame, { type: T }>[] {
    return this.frames.filter((frame): frame is Extract<ReceivedFrame, { type: T }> => frame.type === type);
  }

  send(frame: WireFrame): SendOutcome {
    if (this.outcome !== 'dropped') this.receive(frame);
    this.buffered += this.bytesPerSend;
    return this.outcome;
  }

  /** A frame on its way to the client, sent or published. */
  receive(frame: WireFrame): void {
    this.wire.push(frame);
  }

  bufferedBytes(): number {
    return this.buffered;
  }

  cork(write: () => void): void {
    write();
  }

  follow(topic: string): void {
    this.topics.add(topic);
  }

  unfollow(topic: string): void {
    this.topics.delete(topic);
  }

  publishToOthers(topic: string, frame: WireFrame): void {
    this.#transport.publishCount += 1;
    this.#transport.deliver(topic, frame, this);
  }

  ping(): void {
    this.pings.push(performance.now());
  }

  close(closeCode: CloseCode): void {
    this.closeCode ??= closeCode;
  }
}
