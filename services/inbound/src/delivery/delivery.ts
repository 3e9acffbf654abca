import { type Broker, OutcryError, type Retention } from '@outcry/broker';
import { SERVER_USER } from '@outcry/protocol';
import { type MessageTracing, type PublishTrace, TraceSource } from '@outcry/tracing';

import type { SourceMetrics } from '../observability/inbound-metrics.ts';
import { encodeMessage, RefusedError } from './encode-message.ts';
import type { InboundMessage, Refusal } from './inbound-message.ts';

/** Rooms that are published to side by side; the messages of one go one behind the other. */
const MAX_ROOMS_AT_ONCE = 64;
const MS_PER_SECOND = 1000;

/** What became of some messages. Those that are in neither list are to be brought again. */
export interface Delivered {
  readonly published: readonly string[];
  readonly refused: readonly Refusal[];
  /** Why some are in neither. */
  readonly fault: OutcryError | undefined;
}

export interface DeliveryOptions {
  readonly broker: Pick<Broker, 'publish'>;
  readonly retention: { of(room: string): Retention };
  /** Of one payload, as msgpack. */
  readonly maxDataBytes: number;
  /** Stands where a sender does in idempotency keys: like no user's name, and another for each kind of source. */
  readonly sender: string;
  /** Undefined where nobody is told of traces. */
  readonly tracing?: Pick<MessageTracing, 'publish'> | undefined;
  readonly metrics: Pick<SourceMetrics, 'countPublished' | 'countDuplicate' | 'countRefused' | 'countRetried'>;
}

/** Publishes messages of a source, each once however often it is brought, those of one room in the order they come. */
export class Delivery {
  readonly #options: DeliveryOptions;

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  /**
   * Never rejects but for a fault of its own. Where a message cannot be published now, those behind it in its room are not tried:
   * they would overtake it. When `signal` aborts nothing more is begun.
   */
  async deliver(messages: readonly InboundMessage[], signal: AbortSignal): Promise<Delivered> {
    const published: string[] = [];
    const refused: Refusal[] = [];
    const faults: OutcryError[] = [];
    const rooms = groupByRoom(messages);
    const deliverNext = async (): Promise<void> => {
      for (let room = rooms.shift(); room !== undefined; room = rooms.shift()) {
        const fault = await this.#deliverRoom(room, { published, refused, signal });
        if (fault !== undefined) faults.push(fault);
      }
    };
    await Promise.all(Array.from({ length: Math.min(MAX_ROOMS_AT_ONCE, rooms.length) }, deliverNext));
    const left = messages.length - published.length - refused.length;
    if (faults.length > 0) this.#options.metrics.countRetried(left);
    return { published, refused, fault: faults[0] };
  }

  async #deliverRoom(
    messages: readonly InboundMessage[],
    { published, refused, signal }: { published: string[]; refused: Refusal[]; signal: AbortSignal },
  ): Promise<OutcryError | undefined> {
    for (const message of messages) {
      if (signal.aborted) return undefined;
      try {
        await this.#publish(message);
        published.push(message.id);
      } catch (err) {
        if (err instanceof OutcryError) return err;
        if (!(err instanceof RefusedError)) throw err;
        this.#options.metrics.countRefused(err.reason);
        refused.push({ id: message.id, reason: err.reason, detail: err.message });
      }
    }
    return undefined;
  }

  /** @throws OutcryError, RefusedError */
  async #publish(message: InboundMessage): Promise<void> {
    const { broker, retention, maxDataBytes, sender, metrics } = this.#options;
    const { id, room, key } = message;
    const startedAt = performance.now();
    const head = encodeMessage(message, maxDataBytes);
    const trace = this.#follow(message, startedAt);
    const request = {
      room,
      head,
      origin: '',
      trace: trace?.send(),
      retention: retention.of(room),
      // Who writes a key of its own means what the server API means by it; the id of the source tells as much where there is none.
      idempotency: key === undefined ? { sender, key: id } : { sender: SERVER_USER, key },
    };
    try {
      const published = await broker.publish(request);
      trace?.end(published);
      if (published.isDuplicate) metrics.countDuplicate();
      else metrics.countPublished((performance.now() - startedAt) / MS_PER_SECOND);
    } catch (err) {
      trace?.fail(err);
      throw err;
    }
  }

  #follow({ room, traceparent }: InboundMessage, startedAt: number): PublishTrace | undefined {
    if (traceparent === undefined) return undefined;
    const arrival = { traceparent, source: TraceSource.Inbound, room, startedAt, decodedAt: performance.now() };
    return this.#options.tracing?.publish(arrival);
  }
}

/** Each room's, in the order they came. */
function groupByRoom(messages: readonly InboundMessage[]): InboundMessage[][] {
  const rooms = new Map<string, InboundMessage[]>();
  for (const message of messages) {
    const others = rooms.get(message.room);
    if (others === undefined) rooms.set(message.room, [message]);
    else others.push(message);
  }
  return [...rooms.values()];
}
