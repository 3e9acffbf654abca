import { type Attributes, SpanKind } from '@opentelemetry/api';
import type { ReceivedTrace } from '@outcry/broker';
import { formatTraceparent } from '@outcry/protocol';

import type { OpenSpan, SpanSource } from './span-source.ts';
import { childrenOf, linkTo, spanName } from './spans.ts';

export interface RelayTraceParts {
  readonly spans: SpanSource;
  readonly about: Attributes;
  readonly from: ReceivedTrace;
}

/**
 * A message that is traced, from the broker to the sockets of one node: relay, and write within it. Both stand beside what the publishing
 * node did, and below what led to that: a publish that had each node of the cluster for a child would last until the last of them is done.
 * What it comes from is a link.
 */
export class RelayTrace {
  /** For clients: what they do about the message comes from this. */
  readonly traceparent: string;
  readonly #relay: OpenSpan;
  readonly #write: OpenSpan;

  /** Begins to write. */
  constructor({ spans, about, from }: RelayTraceParts) {
    const { traceId, parentId, receivedAt } = from;
    const operation = { 'messaging.operation.name': 'relay', 'messaging.operation.type': 'process' };
    const relayed = { kind: SpanKind.CONSUMER, startTime: receivedAt, links: [linkTo(from)] };
    const attributes = { ...about, ...operation };
    const parent = childrenOf({ traceId, spanId: parentId });
    this.#relay = spans.startSpan(spanName('relay', about), { ...relayed, attributes }, parent);
    const within = childrenOf(this.#relay.spanContext());
    const writing = { 'messaging.operation.name': 'write', 'messaging.operation.type': 'send' };
    const written = { kind: SpanKind.PRODUCER, attributes: { ...about, ...writing } };
    this.#write = spans.startSpan(spanName('write', about), written, within);
    this.traceparent = formatTraceparent({ ...this.#write.spanContext(), isSampled: true });
  }

  /** It is with the transport. @param recipients clients of this node to whom it goes */
  end(recipients: number): void {
    this.#write.setAttributes({ 'outcry.recipients': recipients });
    this.#write.end();
    this.#relay.end();
  }
}
