import type { IncomingMessage, ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';

import { DEFAULT_DEADLINE_MS } from '../deadline.ts';
import { HttpStandIn } from './http-stand-in.ts';
import { Inbox } from '../inbox.ts';
import { leasePort } from '../port-lease.ts';

const PATH = '/v1/traces';
const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];
const NS_PER_MS = 1e6;
const FAILED = 2;

/** A span as a collector knows it. */
export interface CollectedSpan {
  /** `service.name` and `service.instance.id` of whoever sent it. */
  readonly service: string;
  readonly instance: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  readonly kind: string;
  /** Milliseconds since 1970, with what is behind the point as exact as a number has it. */
  readonly startMs: number;
  readonly ms: number;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  /** Spans that it comes from. */
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly hasFailed: boolean;
}

interface OtlpAttribute {
  readonly key: string;
  readonly value: {
    readonly stringValue?: string;
    readonly intValue?: string;
    readonly doubleValue?: number;
    readonly boolValue?: boolean;
  };
}

interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly OtlpAttribute[];
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly status: { readonly code: number };
}

interface OtlpRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly OtlpAttribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[];
  }[];
}

/** What a collector answers a request with. */
export interface CollectorReply {
  readonly status: number;
  readonly body?: unknown;
}

/** A collector of OpenTelemetry: takes OTLP over HTTP in JSON, as the specification has it, and nothing else. */
export class TraceCollector extends HttpStandIn {
  readonly #inbox = new Inbox<CollectedSpan>(({ instance, name, ms }) => `${instance}: ${name}, ${String(ms)} ms`);
  #reply: CollectorReply = { status: 200, body: {} };
  #requests = 0;

  static async start(): Promise<TraceCollector> {
    const collector = new TraceCollector(await leasePort());
    await collector.comeBack();
    return collector;
  }

  get url(): string {
    return `${this.origin}${PATH}`;
  }

  /** All that were taken, in the order in which they came. */
  get spans(): readonly CollectedSpan[] {
    return this.#inbox.all;
  }

  get requests(): number {
    return this.#requests;
  }

  /** The next span that matches and was not waited for before. */
  next(
    what: string,
    matches: (span: CollectedSpan) => boolean,
    deadlineMs = DEFAULT_DEADLINE_MS,
  ): Promise<CollectedSpan> {
    return this.#inbox.take(matches, { what, deadlineMs });
  }

  /** Answers so from now on; spans of what it does not answer with 200 are not taken. */
  answer(reply: CollectorReply): void {
    this.#reply = reply;
  }

  protected async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#requests += 1;
    const isOtlp =
      request.method === 'POST' && request.url === PATH && request.headers['content-type'] === 'application/json';
    const { status, body } = isOtlp ? this.#reply : { status: 400, body: undefined };
    const spans = isOtlp ? readSpans((await json(request)) as OtlpRequest) : [];
    response
      .writeHead(status, { 'content-type': 'application/json' })
      .end(body === undefined ? '' : JSON.stringify(body));
    if (status === 200) for (const span of spans) this.#inbox.push(span);
  }
}

function readSpans({ resourceSpans }: OtlpRequest): readonly CollectedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const { 'service.name': service, 'service.instance.id': instance } = readAttributes(resource.attributes);
    const owner = { service: String(service), instance: String(instance) };
    return scopeSpans.flatMap(({ spans }) => spans.map((span) => ({ ...owner, ...readSpan(span) })));
  });
}

/** @throws Error where it is not as the specification has it */
function readSpan(span: OtlpSpan): Omit<CollectedSpan, 'service' | 'instance'> {
  const { traceId, spanId, parentSpanId, name, links, startTimeUnixNano: start, endTimeUnixNano: end } = span;
  for (const id of [spanId, ...(parentSpanId === undefined ? [] : [parentSpanId])]) requireHex(id, 16);
  requireHex(traceId, 32);
  for (const link of links) requireHex(link.traceId + link.spanId, 48);
  return {
    ...{ traceId, spanId, parentSpanId, name },
    kind: KINDS[span.kind] ?? '',
    startMs: Number(BigInt(start) / 1000n) / 1000,
    ms: Number(BigInt(end) - BigInt(start)) / NS_PER_MS,
    attributes: readAttributes(span.attributes),
    links: links.map((link) => ({ traceId: link.traceId, spanId: link.spanId })),
    hasFailed: span.status.code === FAILED,
  };
}

function readAttributes(attributes: readonly OtlpAttribute[]): Readonly<Record<string, string | number | boolean>> {
  return Object.fromEntries(
    attributes.map(({ key, value: { stringValue, intValue, doubleValue, boolValue } }) => [
      key,
      stringValue ?? (intValue === undefined ? (doubleValue ?? boolValue ?? '') : Number(intValue)),
    ]),
  );
}

function requireHex(text: string, digits: number): void {
  if (!new RegExp(`^[0-9a-f]{${String(digits)}}$`).test(text)) throw new Error(`not ${String(digits)} digits: ${text}`);
}
