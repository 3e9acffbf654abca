import { ProtocolError } from '../../errors.ts';
import { SERVER_SCHEMA } from '../../schema.ts';
import { MsgpackReader } from '../values/msgpack-reader.ts';
import { MsgpackWriter } from '../values/msgpack-writer.ts';
import { payloadToJson } from '../payloads/payload.ts';

/** Bytes of `seq` at the end of a `message` frame: 0xcf and a big-endian 64-bit number. */
export const SEQ_BYTES = 9;

/** Of a frame up to its `seq`: the tag and five fields, as the broker has it. */
const STORED_ELEMENTS = 6;
/** What msgpack begins an array of so many elements with: one byte, up to fifteen. */
const FIXARRAY = 0x90;

const writer = new MsgpackWriter();

export interface MessageHead {
  readonly room: string;
  readonly from: string;
  /** Unix milliseconds at the publishing gateway. */
  readonly at: number;
  /** The payload, as msgpack. */
  readonly data: Uint8Array;
}

/**
 * A `message` frame without its last nine bytes. Only the broker knows `seq`; it appends it, and every gateway relays the
 * result as it is.
 */
export function encodeMessageHead({ room, from, at, data }: MessageHead): Uint8Array {
  writer.start().arrayHeader(STORED_ELEMENTS);
  writer.uint(SERVER_SCHEMA.message.tag);
  writer.string(room);
  writer.string(from);
  writer.uint(at);
  writer.raw(data);
  return writer.finish();
}

/** The whole frame: what a broker makes of a head. It has memory of its own, because a broker keeps it. */
export function appendSeq(head: Uint8Array, seq: number): Uint8Array {
  writer.start().raw(head);
  writer.uint64(seq);
  return writer.finish().slice();
}

/**
 * The frame for those who want to know who the sender is: as the broker made it, and `info` behind it. Nothing is decoded, and the
 * result is made once for all of them.
 */
export function appendInfo(frame: Uint8Array, info: Uint8Array): Uint8Array {
  const whole = new Uint8Array(frame.length + info.length);
  whole.set(frame);
  whole[0] = FIXARRAY + STORED_ELEMENTS + 1;
  whole.set(info, frame.length);
  return whole;
}

/** The frame of a message that is traced, with its sender's info or without: what stands behind that is its `traceparent`. */
export function appendTraceparent(frame: Uint8Array, traceparent: string): Uint8Array {
  writer.start().raw(frame);
  if (frame[0] === FIXARRAY + STORED_ELEMENTS) writer.nil();
  writer.string(traceparent);
  const whole = writer.finish().slice();
  whole[0] = FIXARRAY + STORED_ELEMENTS + 2;
  return whole;
}

/** What of a whole `message` frame is its sender's, or undefined where the bytes are none. The data is a view of the input, not a copy. */
export function readMessageFrame(frame: Uint8Array): Pick<MessageHead, 'from' | 'data'> | undefined {
  const reader = new MsgpackReader(frame);
  try {
    reader.tryReadArrayLength();
    if (reader.tryReadUint() !== SERVER_SCHEMA.message.tag || reader.tryReadString() === undefined) return undefined;
    const from = reader.tryReadString();
    if (from === undefined || reader.tryReadUint() === undefined) return undefined;
    return { from, data: reader.readRaw() };
  } catch (err) {
    if (err instanceof ProtocolError) return undefined;
    throw err;
  }
}

/** Transcodes a whole msgpack `signal` frame for JSON members. */
export function signalFrameToJson(frame: Uint8Array): string {
  const reader = new MsgpackReader(frame);
  const length = reader.tryReadArrayLength() ?? 0;
  reader.tryReadUint();
  const head = {
    type: 'signal',
    room: reader.tryReadString(),
    from: reader.tryReadString(),
    name: reader.tryReadString(),
  };
  const text = JSON.stringify(head);
  return length < 5 ? text : `${text.slice(0, -1)},"data":${payloadToJson(reader.readRaw())}}`;
}

/** Transcodes a whole msgpack `message` frame for JSON members: once per message and node, whatever their number. */
export function messageFrameToJson(frame: Uint8Array): string {
  const reader = new MsgpackReader(frame);
  const length = reader.tryReadArrayLength() ?? 0;
  reader.tryReadUint();
  const room = reader.tryReadString() ?? '';
  const from = reader.tryReadString() ?? '';
  const at = reader.tryReadUint() ?? 0;
  const data = payloadToJson(reader.readRaw());
  const seq = reader.tryReadUint() ?? 0;
  const [roomText, fromText] = [JSON.stringify(room), JSON.stringify(from)];
  const behind = length > STORED_ELEMENTS ? behindSeqToJson(reader, length) : '';
  return `{"type":"message","room":${roomText},"from":${fromText},"at":${String(at)},"data":${data},"seq":${String(seq)}${behind}}`;
}

function behindSeqToJson(reader: MsgpackReader, length: number): string {
  const info = reader.tryReadNil() ? '' : `,"info":${payloadToJson(reader.readRaw())}`;
  const traceparent = length > STORED_ELEMENTS + 1 ? reader.tryReadString() : undefined;
  return traceparent === undefined ? info : `${info},"traceparent":${JSON.stringify(traceparent)}`;
}
