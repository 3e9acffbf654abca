import type { ClientFrame } from '../../client-frames.ts';
import { ProtocolError, RequestError } from '../../errors.ts';
import { type BookSide, formatScaled } from '../../levels.ts';
import type { MemberEntry } from '../../member.ts';
import type { RequestId } from '../../schema.ts';
import type { ServerFrame } from '../../server-frames.ts';
import type { Codec, PublishHead } from '../codec.ts';
import { EXPECTED_IN_PAYLOAD } from '../../payload-rules.ts';
import { checkJsonValue } from '../payloads/check-json-value.ts';
import { encodePayload } from '../payloads/encode-payload.ts';
import { expectedOf, unknownType } from '../frames/field-rules.ts';
import { findWideInteger } from '../payloads/find-wide-integer.ts';
import { CLIENT_FRAMES, type FrameField, type FrameLayout, SERVER_FRAMES } from '../frames/frame-table.ts';
import { isOfKind, isRequestId } from '../frames/is-of-kind.ts';
import { JsonClientCodec } from './json-client-codec.ts';
import { messageFrameToJson } from '../frames/message-frame.ts';
import { parseObject } from './parse-object.ts';
import { payloadToJson } from '../payloads/payload.ts';
import { peekPublishId } from './peek-publish-id.ts';
import { placeOf, ValueFault } from '../values/value-fault.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A frame, and the text that it was. */
interface ParsedFrame {
  readonly input: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** The text encoding: a frame is an object with a `type`; absent fields are left out, unknown ones ignored. */
export class JsonCodec extends JsonClientCodec implements Codec {
  decodeClient(bytes: Uint8Array): ClientFrame {
    const text = decodeUtf8(bytes);
    const input = parseObject(text);
    const id = idOf(input);
    const type = input['type'];
    if (typeof type !== 'string') throw new ProtocolError('a frame must have a type');
    const layout = CLIENT_FRAMES.byType.get(type);
    if (layout === undefined) throw unknownType(`type ${JSON.stringify(type.slice(0, 32))}`, id);
    const { frame, problem } = decodeFields({ input, text }, layout);
    if (problem !== undefined) throw new RequestError('badRequest', problem, { id });
    return frame as unknown as ClientFrame;
  }

  readId(bytes: Uint8Array): RequestId | undefined {
    try {
      return idOf(parseObject(decodeUtf8(bytes)));
    } catch {
      return undefined;
    }
  }

  peekPublish(bytes: Uint8Array): PublishHead | undefined {
    const id = peekPublishId(bytes);
    if (id !== undefined) return { id };
    try {
      const input = parseObject(decodeUtf8(bytes));
      return input['type'] === 'publish' ? { id: idOf(input) } : undefined;
    } catch {
      return undefined;
    }
  }

  encodeServer(frame: ServerFrame): string {
    const layout = SERVER_FRAMES.byType.get(frame.type);
    if (layout === undefined) throw new TypeError(`no frame of type ${frame.type}`);
    const values = frame as unknown as Readonly<Record<string, unknown>>;
    let text = `{"type":"${frame.type}"`;
    for (const { name, kind } of layout.fields) {
      const value = values[name];
      if (value !== undefined) text += `,"${name}":${fieldToJson(kind, value)}`;
    }
    return `${text}}`;
  }
}

interface DecodedFields {
  readonly frame: Readonly<Record<string, unknown>>;
  /** Of the first field that is bad. */
  readonly problem: string | undefined;
}

function decodeFields({ input, text }: ParsedFrame, layout: FrameLayout): DecodedFields {
  const frame: Record<string, unknown> = { type: layout.type };
  let problem: string | undefined;
  for (const field of layout.fields) {
    const value = Object.hasOwn(input, field.name) ? input[field.name] : undefined;
    if (value === undefined || (value === null && field.kind !== 'payload')) {
      if (!field.isOptional) problem ??= expectedOf(field);
    } else if (field.kind === 'payload') {
      problem ??= problemOfPayload(field.name, value, text);
      // What a client sends in vain need not be encoded.
      if (problem === undefined) frame[field.name] = encodePayload(value);
    } else if (isOfKind(field.kind, value)) {
      frame[field.name] = value;
    } else {
      problem ??= expectedOf(field);
    }
  }
  return { frame, problem };
}

/** What is wrong with a payload; `text` is the frame that it stands in. */
function problemOfPayload(name: string, value: unknown, text: string): string | undefined {
  try {
    if (!checkJsonValue(value)) return undefined;
  } catch (err) {
    if (err instanceof ValueFault) return err.describe(name);
    throw err;
  }
  const [field, ...steps] = findWideInteger(text) ?? [];
  return field === name ? `${placeOf(name, steps)}: ${EXPECTED_IN_PAYLOAD.integer}` : undefined;
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw new ProtocolError('the frame is not valid UTF-8', { cause });
  }
}

function idOf(input: Readonly<Record<string, unknown>>): RequestId | undefined {
  const id = input['id'];
  return isRequestId(id) ? id : undefined;
}

function fieldToJson(kind: FrameField['kind'], value: unknown): string {
  switch (kind) {
    case 'payload':
    case 'info':
      return payloadToJson(value as Uint8Array);
    case 'members':
      return membersToJson(value as readonly MemberEntry<Uint8Array>[]);
    case 'messages':
      return `[${(value as readonly Uint8Array[]).map(messageFrameToJson).join(',')}]`;
    case 'levels':
      return levelsToJson(value as BookSide);
    default:
      return JSON.stringify(value);
  }
}

function membersToJson(members: readonly MemberEntry<Uint8Array>[]): string {
  const entries = members.map(({ user, connections, info }) => {
    const text = JSON.stringify({ user, connections });
    return info === undefined ? text : `${text.slice(0, -1)},"info":${payloadToJson(info)}}`;
  });
  return `[${entries.join(',')}]`;
}

/** Digits, a point and a sign need no escaping, so the pairs are written as they are. */
function levelsToJson({ levels, priceScale, sizeScale }: BookSide): string {
  const pairs = levels.map(
    ([price, size]) => `["${formatScaled(price, priceScale)}","${formatScaled(size, sizeScale)}"]`,
  );
  return `[${pairs.join(',')}]`;
}
