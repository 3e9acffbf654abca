import type { ClientFrame } from '../../client-frames.ts';
import { ProtocolError, RequestError } from '../../errors.ts';
import { CLIENT_SCHEMA, type Position, type RequestId } from '../../schema.ts';
import type { ServerFrame } from '../../server-frames.ts';
import type { Codec, PublishHead } from '../codec.ts';
import { expectedOf, isIdText, isStringOfKind, isSymbolCount, unknownType } from '../frames/field-rules.ts';
import { CLIENT_FRAMES, type FrameField, type FrameLayout, SERVER_FRAMES } from '../frames/frame-table.ts';
import { ANSWER_WRITERS } from './msgpack-answer-fields.ts';
import { encodeFrame } from './msgpack-frame.ts';
import { MsgpackClientCodec } from './msgpack-client-codec.ts';
import { MsgpackReader } from '../values/msgpack-reader.ts';
import { ValueFault } from '../values/value-fault.ts';

const ANSWERS = { table: SERVER_FRAMES, writers: ANSWER_WRITERS };
const PUBLISH_TAG = CLIENT_SCHEMA.publish.tag;

/** The binary encoding: a frame is the array `[tag, …fields in schema order]`; absent fields are nil or left off the end. */
export class MsgpackCodec extends MsgpackClientCodec implements Codec {
  decodeClient(bytes: Uint8Array): ClientFrame {
    const reader = new MsgpackReader(bytes);
    const { tag, length } = readHead(reader);
    const layout = CLIENT_FRAMES.byTag.get(tag);
    return layout === undefined
      ? refuseUnknown(reader, length, tag)
      : (decodeFields(reader, length, layout) as ClientFrame);
  }

  readId(bytes: Uint8Array): RequestId | undefined {
    try {
      const reader = new MsgpackReader(bytes);
      return readHead(reader).length > 0 ? readId(reader) : undefined;
    } catch {
      return undefined;
    }
  }

  peekPublish(bytes: Uint8Array): PublishHead | undefined {
    try {
      const reader = new MsgpackReader(bytes);
      const { tag, length } = readHead(reader);
      return tag === PUBLISH_TAG ? { id: length > 0 ? readId(reader) : undefined } : undefined;
    } catch {
      return undefined;
    }
  }

  encodeServer(frame: ServerFrame): Uint8Array<ArrayBuffer> {
    return encodeFrame(ANSWERS, frame);
  }
}

/** The tag, and the number of elements behind it. */
function readHead(reader: MsgpackReader): { readonly tag: number; readonly length: number } {
  const length = reader.tryReadArrayLength();
  if (length === undefined || length === 0) throw new ProtocolError('a frame must be an array that starts with a tag');
  const tag = reader.tryReadUint();
  if (tag === undefined) throw new ProtocolError('a tag must be an unsigned integer');
  return { tag, length: length - 1 };
}

/** Reads the fields behind the tag. The first bad one is reported once the rest is known to be well-formed. */
function decodeFields(reader: MsgpackReader, length: number, layout: FrameLayout): Readonly<Record<string, unknown>> {
  const frame: Record<string, unknown> = { type: layout.type };
  let problem: string | undefined;
  layout.fields.forEach((field, index) => {
    const value = index < length ? readFieldOrSkip(reader, field) : undefined;
    if (value instanceof BadValue) problem ??= value.problem;
    else if (value !== undefined) frame[field.name] = value;
    else if (!field.isOptional) problem ??= expectedOf(field);
  });
  finishFrame(reader, length - layout.fields.length);
  if (problem !== undefined)
    throw new RequestError('badRequest', problem, { id: frame['id'] as RequestId | undefined });
  return frame;
}

/** In the place of a value that is not of its field, or breaks a rule. */
class BadValue {
  readonly problem: string;

  constructor(problem: string) {
    this.problem = problem;
  }
}

function readFieldOrSkip(reader: MsgpackReader, field: FrameField): unknown {
  const isPayload = field.kind === 'payload';
  if (!(isPayload && !field.isOptional) && reader.tryReadNil()) return undefined;
  const start = reader.offset;
  const value = isPayload ? readPayload(reader, field) : (readField(reader, field) ?? new BadValue(expectedOf(field)));
  if (value instanceof BadValue) {
    reader.rewind(start);
    reader.skipValue();
  }
  return value;
}

function readPayload(reader: MsgpackReader, field: FrameField): Uint8Array | BadValue {
  try {
    return reader.readPayload();
  } catch (err) {
    if (err instanceof ValueFault) return new BadValue(err.describe(field.name));
    throw err;
  }
}

function readField(reader: MsgpackReader, { kind }: FrameField): unknown {
  switch (kind) {
    case 'id':
      return readId(reader);
    case 'uint':
    case 'seq':
      return reader.tryReadUint();
    case 'bool':
      return reader.tryReadBool();
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

/** The first field of every request. */
function readId(reader: MsgpackReader): RequestId | undefined {
  return reader.tryReadUint() ?? readIdText(reader);
}

function readIdText(reader: MsgpackReader): string | undefined {
  const text = reader.tryReadString();
  return text !== undefined && isIdText(text) ? text : undefined;
}

function readPosition(reader: MsgpackReader): Position | undefined {
  if (reader.tryReadArrayLength() !== 2) return undefined;
  const epoch = reader.tryReadString();
  if (epoch === undefined) return undefined;
  const seq = reader.tryReadUint();
  return seq === undefined ? undefined : { epoch, seq };
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
  const id = length > 0 ? readId(reader) : undefined;
  reader.rewind(start);
  finishFrame(reader, length);
  throw unknownType(`tag ${String(tag)}`, id);
}

/** Elements past the known ones are ignored, but not unread: the whole frame must be well-formed. */
function finishFrame(reader: MsgpackReader, extraElements: number): void {
  for (let i = 0; i < extraElements; i++) reader.skipValue();
  if (!reader.isAtEnd()) throw new ProtocolError('bytes follow the frame');
}
