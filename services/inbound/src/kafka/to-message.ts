import type { InboundMessage } from '../delivery/inbound-message.ts';
import type { LogRecord } from './record-log.ts';

/** Which header is the room of a record, and which its idempotency key. Without the first the record's key is the room. */
const ROOM_HEADER = 'room';
const KEY_HEADER = 'key';
/** Of the trace that a record was written in, as instrumented producers of Kafka have it: https://www.w3.org/TR/trace-context/ */
const TRACE_HEADER = 'traceparent';
/** Longer ones are taken for none: no room and no key is. */
const MAX_NAME_BYTES = 4096;
/** What no room, no key and no JSON is. */
const NONE = '';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** What a record asks to be published. What it lacks, or has in bytes that are no text, is refused as what it is not. */
export function toMessage(record: LogRecord): InboundMessage {
  const { headers, key, value } = record;
  const idempotencyKey = headers.get(KEY_HEADER);
  const traceparent = headers.get(TRACE_HEADER);
  return {
    id: idOf(record),
    room: nameOf(headers.get(ROOM_HEADER) ?? key),
    data: textOf(value),
    ...(idempotencyKey === undefined ? {} : { key: nameOf(idempotencyKey) }),
    // What is none costs the record nothing: it is published without it.
    ...(traceparent === undefined ? {} : { traceparent: nameOf(traceparent) }),
  };
}

/** What a record is called in its topic. */
export function idOf({ partition, offset }: Pick<LogRecord, 'partition' | 'offset'>): string {
  return `${String(partition)}:${String(offset)}`;
}

function nameOf(bytes: Buffer | undefined): string {
  return bytes === undefined || bytes.length > MAX_NAME_BYTES ? NONE : textOf(bytes);
}

function textOf(bytes: Buffer | undefined): string {
  if (bytes === undefined) return NONE;
  try {
    return decoder.decode(bytes);
  } catch {
    return NONE;
  }
}
