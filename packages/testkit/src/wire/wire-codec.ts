import { decode, encode } from '@msgpack/msgpack';

import type { RawMessage } from '../websocket/raw-socket.ts';
import { readFrame, type WireEncoding } from './kinds.ts';
import { PROTOCOL } from './protocol-document.ts';
import type { WireRequest, WireServerFrame } from './server-frame.ts';

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/**
 * A request as it goes out. Fields of the wrong kind go out as they are. A type that the document does not know goes out
 * under its own name in JSON; in msgpack it takes a `tag` field in its place.
 */
export function encodeRequest(request: WireRequest, encoding: WireEncoding): string | Uint8Array {
  if (encoding === 'json') return JSON.stringify(request);
  const layout = PROTOCOL.requests.find(({ type }) => type === request.type);
  if (layout === undefined) return encode([request['tag'], request['id'] ?? null]);
  const elements = layout.fields.map(({ name, kind }) => toElement(kind, request[name]));
  while (elements.length > 0 && elements.at(-1) === undefined) elements.pop();
  return encode([layout.tag, ...elements.map((element) => element ?? null)]);
}

/** A server's frame by the names of its fields. Throws where it breaks the document. */
export function decodeFrame({ kind, bytes }: RawMessage, encoding: WireEncoding): WireServerFrame {
  if (kind !== (encoding === 'json' ? 'text' : 'binary')) throw new Error(`a ${kind} frame on a ${encoding} session`);
  if (encoding === 'json') {
    return readFrame(JSON.parse(UTF8.decode(bytes)), encoding) as unknown as WireServerFrame;
  }
  // Binary values become what they are cut from: of a Buffer, Buffers, which equal no Uint8Array.
  const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  const frame = readFrame(decode(plain, { useBigInt64: true }), encoding);
  return narrow(frame) as WireServerFrame;
}

function toElement(kind: string, value: unknown): unknown {
  if (kind !== 'position' || typeof value !== 'object' || value === null) return value;
  const { epoch, seq } = value as { epoch?: unknown; seq?: unknown };
  return [epoch, seq];
}

/** Payloads hold 64-bit numbers, too: they become plain ones, as the document keeps them within 2^53. */
function narrow(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(narrow);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, narrow(item)]));
}
