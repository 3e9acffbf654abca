import type { ClientFrame } from '../client-frames.ts';
import { type DecodeLimits, DEFAULT_DECODE_LIMITS } from '../decode-limits.ts';
import { ProtocolError } from '../errors.ts';
import type { Position, RequestId } from '../schema.ts';
import type { ReceivedFrame, ServerFrame } from '../server-frames.ts';
import type { SymbolResult } from '../symbol-result.ts';
import { Encoding } from '../subprotocol.ts';
import type { Codec } from './codec.ts';
import { badField, isIdText, isStringOfKind, isSymbolCount, unknownType } from './field-rules.ts';
import { CLIENT_FRAMES, type FrameField, type FrameLayout, type FrameTable, SERVER_FRAMES } from './frame-table.ts';
import { writeField } from './msgpack-fields.ts';
import { MsgpackReader } from './msgpack-reader.ts';
import { MsgpackWriter } from './msgpack-writer.ts';
import { decodePayload, encodePayload } from './payload.ts';

type Values = Readonly<Record<string, unknown>>;

/** The binary encoding: a frame is the array `[tag, …fields in schema order]`; absent fields are nil or left off the end. */
export class MsgpackCodec implements Codec {
  readonly encoding = Encoding.Msgpack;
  readonly #limits: DecodeLimits;
  readonly #writer = new MsgpackWriter();

  constructor(limits: DecodeLimits = DEFAULT_DECODE_LIMITS) {
    this.#limits = limits;
  }

  decodeClient(bytes: Uint8Array): ClientFrame {
    const reader = new MsgpackReader(bytes, this.#limits);
    const length = reader.tryReadArrayLength();
    if (length === undefined || length === 0)
      throw new ProtocolError('a frame must be an array that starts with a tag');
    const tag = reader.tryReadUint();
    if (tag === undefined) throw new ProtocolError('a tag must be an unsigned integer');
    const layout = CLIENT_FRAMES.byTag.get(tag);
    return layout === undefined
      ? refuseUnknown(reader, length, tag)
      : (decodeFields(reader, length, layout) as ClientFrame);
  }

  encodeServer(frame: ServerFrame): Uint8Array {
    return this.#encode(SERVER_FRAMES, frame);
  }

  encodeClient(frame: ClientFrame<unknown>): Uint8Array {
    const encoded: Record<string, unknown> = { ...frame };
    if (encoded['data'] !== undefined) encoded['data'] = encodePayload(encoded['data']);
    return this.#encode(CLIENT_FRAMES, encoded as { type: string });
  }

  decodeServer(input: Uint8Array | string): ReceivedFrame | undefined {
    if (typeof input === 'string') throw new ProtocolError('a msgpack frame must be binary');
    try {
      const values = decodePayload(input);
      if (!Array.isArray(values)) throw new TypeError('a frame must be an array');
      return nameFields(values);
    } catch (cause) {
      throw new ProtocolError('not a frame', { cause });
    }
  }

  #encode(table: FrameTable, frame: { readonly type: string }): Uint8Array {
    const layout = table.byType.get(frame.type);
    if (layout === undefined) throw new TypeError(`no frame of type ${frame.type}`);
    const values = frame as unknown as Values;
    let count = layout.fields.length;
    while (count > 0 && values[layout.fields[count - 1]?.name ?? ''] === undefined) count -= 1;
    const writer = this.#writer.start();
    writer.arrayHeader(1 + count);
    writer.uint(layout.tag);
    for (const field of layout.fields.slice(0, count)) writeField(writer, field, values[field.name]);
    return writer.finish();
  }
}

/** Reads the fields behind the tag. The first bad one is reported once the rest is known to be well-formed. */
function decodeFields(reader: MsgpackReader, length: number, layout: FrameLayout): Values {
  const frame: Record<string, unknown> = { type: layout.type };
  let bad: FrameField | undefined;
  layout.fields.forEach((field, index) => {
    const value = index + 1 < length ? readFieldOrSkip(reader, field) : undefined;
    if (value === undefined ? !field.isOptional : value === BAD) bad ??= field;
    else if (value !== undefined) frame[field.name] = value;
  });
  finishFrame(reader, length - 1 - layout.fields.length);
  if (bad !== undefined) throw badField(bad, frame['id'] as RequestId | undefined);
  return frame;
}

const BAD = Symbol('a value that is not of its field');

function readFieldOrSkip(reader: MsgpackReader, field: FrameField): unknown {
  if (field.kind === 'payload' && !field.isOptional) return reader.readRaw();
  if (reader.tryReadNil()) return undefined;
  const start = reader.offset;
  const value = readField(reader, field);
  if (value !== undefined) return value;
  reader.rewind(start);
  reader.skipValue(0);
  return BAD;
}

function readField(reader: MsgpackReader, { kind }: FrameField): unknown {
  switch (kind) {
    case 'id':
      return reader.tryReadUint() ?? readIdText(reader);
    case 'uint':
    case 'seq':
      return reader.tryReadUint();
    case 'bool':
      return reader.tryReadBool();
    case 'payload':
      return reader.readRaw();
    case 'position':
      return readPosition(reader);
    case 'symbols':
      return readSymbols(reader);
    default: {
      const text = reader.tryReadString();
      return text !== undefined && isStringOfKind(kind, text) ? text : undefined;
    }
  }
}

function readIdText(reader: MsgpackReader): string | undefined {
  const text = reader.tryReadString();
  return text !== undefined && isIdText(text) ? text : undefined;
}

function readPosition(reader: MsgpackReader): Position | undefined {
  if (reader.tryReadArrayLength() !== 2) return undefined;
  const epoch = reader.tryReadString();
  const seq = epoch === undefined ? undefined : reader.tryReadUint();
  return epoch === undefined || seq === undefined ? undefined : { epoch, seq };
}

function readSymbols(reader: MsgpackReader): readonly string[] | undefined {
  const count = reader.tryReadArrayLength() ?? 0;
  if (!isSymbolCount(count)) return undefined;
  const symbols: string[] = [];
  for (let i = 0; i < count; i++) {
    const symbol = reader.tryReadString();
    if (symbol === undefined) return undefined;
    symbols.push(symbol);
  }
  return symbols;
}

function refuseUnknown(reader: MsgpackReader, length: number, tag: number): never {
  const start = reader.offset;
  const id = length > 1 ? (reader.tryReadUint() ?? readIdText(reader)) : undefined;
  reader.rewind(start);
  finishFrame(reader, length - 1);
  throw unknownType(`tag ${String(tag)}`, id);
}

/** Elements past the known ones are ignored, but not unread: the whole frame must be well-formed. */
function finishFrame(reader: MsgpackReader, extraElements: number): void {
  for (let i = 0; i < extraElements; i++) reader.skipValue(0);
  if (!reader.isAtEnd()) throw new ProtocolError('bytes follow the frame');
}

/** Gives a decoded server frame its field names. A frame of unknown tag comes from a newer server. */
function nameFields(values: readonly unknown[]): ReceivedFrame | undefined {
  const layout = SERVER_FRAMES.byTag.get(values[0] as number);
  if (layout === undefined) return undefined;
  const frame: Record<string, unknown> = { type: layout.type };
  layout.fields.forEach(({ name, kind }, index) => {
    const value = values[index + 1];
    if (value !== undefined && (value !== null || kind === 'payload')) frame[name] = nameInner(kind, value);
  });
  return frame as unknown as ReceivedFrame;
}

function nameInner(kind: FrameField['kind'], value: unknown): unknown {
  switch (kind) {
    case 'messages':
      return (value as unknown[][]).map(nameFields);
    case 'members':
      return (value as [string, number][]).map(([user, connections]) => ({ user, connections }));
    case 'instruments':
      return (value as [string, number, number, number[], number[]][]).map(
        ([symbol, priceScale, sizeScale, depths, intervals]) => ({ symbol, priceScale, sizeScale, depths, intervals }),
      );
    case 'results':
      return (value as [string, [string, string, boolean] | null][]).map(nameResult);
    default:
      return value;
  }
}

function nameResult([symbol, error]: [string, [string, string, boolean] | null]): SymbolResult {
  if (error === null) return { symbol };
  const [code, message, retryable] = error;
  return { symbol, error: { code, message, retryable } };
}
