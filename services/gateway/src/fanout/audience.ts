import { appendInfo, type Codec, Encoding, messageFrameToJson, type ServerFrame } from '@outcry/protocol';
import type { MessageTracing, RelayTrace } from '@outcry/tracing';

import type { GatewayMetrics } from '../observability/metrics.ts';
import type { ClientSocket } from '../transport/client-socket.ts';
import type { TopicPublisher } from '../transport/transport.ts';

/** A frame in whichever encodings are asked for. */
export interface FrameSource {
  msgpack(): Uint8Array;
  json(): string;
}

/** Who follows an audience. */
export interface Follower {
  readonly socket: ClientSocket;
  readonly encoding: Encoding;
}

/** Follows what comes from the broker, as `MessageTracing` does. */
export interface RelayTracing {
  relay(...message: Parameters<MessageTracing['relay']>): Pick<RelayTrace, 'traceparent' | 'end'> | undefined;
}

/** What fan-out needs, the same for every audience of a gateway. */
export interface Fanout {
  readonly publisher: TopicPublisher;
  readonly codecs: Readonly<Record<Encoding, Codec>>;
  readonly metrics: GatewayMetrics;
  /** Undefined where nobody is told of traces. */
  readonly tracing?: RelayTracing | undefined;
}

/**
 * The streams that there are, and what each is of. A room has its messages (`r`), those with what is known of their senders (`i`), and
 * who comes and goes (`p`); a book its frames (`b`), those with checksums (`c`), and its snapshots (`s`).
 */
const STREAMS = { r: 'room', i: 'room', p: 'room', b: 'book', c: 'book', s: 'book' } as const;
export type StreamKind = keyof typeof STREAMS;

const TOPIC_SUFFIX = { [Encoding.Json]: '/j', [Encoding.Msgpack]: '/m' } as const;

/**
 * The followers of one stream of frames: one topic of the transport for each encoding. A frame is made once for an
 * encoding, and only where somebody follows in it; no code runs per follower.
 */
export class Audience {
  readonly #kind: StreamKind;
  readonly #name: string;
  readonly #fanout: Fanout;
  // A node has as many audiences as it has users, for each has an inbox: plain fields take the least memory.
  #jsonFollowers = 0;
  #msgpackFollowers = 0;

  /** What it is an audience of: a kind of stream, and its name. */
  constructor(kind: StreamKind, name: string, fanout: Fanout) {
    this.#kind = kind;
    this.#name = name;
    this.#fanout = fanout;
  }

  get size(): number {
    return this.#jsonFollowers + this.#msgpackFollowers;
  }

  /** In order with what is sent to the follower: what was published before this does not reach it, what comes after does. */
  add({ socket, encoding }: Follower): void {
    this.#count(encoding, 1);
    socket.follow(this.#topic(encoding));
  }

  remove({ socket, encoding }: Follower): void {
    this.#count(encoding, -1);
    socket.unfollow(this.#topic(encoding));
  }

  /** Reaches every follower but `except`, which must be one. */
  publish(source: FrameSource, except?: Follower): void {
    if (this.#fanout.metrics.sampler.isOn) this.#publishSampled(source, except);
    else this.#publish(source, except);
  }

  /** Publishes a frame that this gateway makes itself. */
  publishFrame(frame: ServerFrame, except?: Follower): void {
    this.publish(ownFrame(this.#fanout, frame), except);
  }

  #publishSampled(source: FrameSource, except: Follower | undefined): void {
    const startedAt = performance.now();
    const bytes = this.#publish(source, except);
    this.#fanout.metrics.sampler.countFanout(this.#name, {
      isRoom: STREAMS[this.#kind] === 'room',
      recipients: this.size - (except === undefined ? 0 : 1),
      ...{ bytes, ms: performance.now() - startedAt },
    });
  }

  /** Returns the bytes, all recipients together. */
  #publish(source: FrameSource, except: Follower | undefined): number {
    let bytes = 0;
    if (this.#msgpackFollowers > 0) bytes += this.#send(Encoding.Msgpack, source.msgpack(), except);
    if (this.#jsonFollowers > 0) bytes += this.#send(Encoding.Json, source.json(), except);
    return bytes;
  }

  #send(encoding: Encoding, frame: Uint8Array | string, except: Follower | undefined): number {
    const topic = this.#topic(encoding);
    const isExcluding = except?.encoding === encoding;
    if (isExcluding) except.socket.publishToOthers(topic, frame);
    else this.#fanout.publisher.publish(topic, frame);
    const followers = encoding === Encoding.Json ? this.#jsonFollowers : this.#msgpackFollowers;
    const recipients = followers - (isExcluding ? 1 : 0);
    this.#fanout.metrics.countOut(encoding, frame.length, recipients);
    return frame.length * recipients;
  }

  #count(encoding: Encoding, change: number): void {
    if (encoding === Encoding.Json) this.#jsonFollowers += change;
    else this.#msgpackFollowers += change;
  }

  #topic(encoding: Encoding): string {
    return `${this.#kind}/${this.#name}${TOPIC_SUFFIX[encoding]}`;
  }
}

/** A frame of this gateway's own, encoded when it is asked for, once for each encoding. */
export function ownFrame({ codecs }: Pick<Fanout, 'codecs'>, frame: ServerFrame): FrameSource {
  let bytes: Uint8Array | undefined;
  let text: string | undefined;
  return {
    msgpack: () => (bytes ??= codecs.msgpack.encodeServer(frame) as Uint8Array),
    json: () => (text ??= codecs.json.encodeServer(frame) as string),
  };
}

/** A room's message as it came from the broker: msgpack members get those very bytes, JSON members one transcoding. */
export function relayedMessage(frame: Uint8Array, metrics: GatewayMetrics): FrameSource {
  let text: string | undefined;
  return {
    msgpack: () => frame,
    json: () => {
      if (text === undefined) metrics.transcoded.inc();
      return (text ??= messageFrameToJson(frame));
    },
  };
}

/** The same for those who want to know who its sender is: made once for each encoding, and only where somebody does. */
export function informedMessage(
  { frame, info }: { readonly frame: Uint8Array; readonly info: Uint8Array },
  metrics: GatewayMetrics,
): FrameSource {
  let whole: Uint8Array | undefined;
  const msgpack = (): Uint8Array => (whole ??= appendInfo(frame, info));
  return {
    msgpack,
    json: () => {
      metrics.transcoded.inc();
      return messageFrameToJson(msgpack());
    },
  };
}
