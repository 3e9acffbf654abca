import { MemberChange } from '@outcry/protocol';
import type { MemberEvent } from '../presence/store.ts';
import type { MessageTrace, ReceivedTrace, RoomMessage, RoomSignal } from './broker.ts';
import { EPOCH_LENGTH } from './epoch.ts';

/**
 * What nodes say to each other on a room's channel, and for messages in its stream alike: most of it around a client's frame.
 *
 *     message: version(1) kind(1) epoch(8) seq(u64) at(u64) originLength(1) origin [infoMark(1) infoLength(u16) info] frame
 *     signal:  version(1) kind(1) originLength(1) origin frame
 *     member:  version(1) kind(1) change(1) count(u32) user [infoMark(1) info]
 *
 * Of a message that is traced the origin is longer: behind the connection's name stand trace(16) parent(8) span(8) traceMark(1), counted with
 * it. A node that knows nothing of traces reads the name of a connection that nobody has (decisions/0045).
 *
 * Numbers are big-endian, text is ASCII but for names. The mark of info in a message is a byte that msgpack never uses, and so no frame begins
 * with it; that in a member is NUL, which no name has. Scripts write messages (scripts/publish-messages.lua.ts) and members
 * (presence/scripts/members.lua.ts); here they are read.
 */
export type BusEnvelope =
  | { readonly kind: 'message'; readonly message: RoomMessage }
  | { readonly kind: 'signal'; readonly signal: RoomSignal }
  | { readonly kind: 'member'; readonly event: MemberEvent };

const VERSION = 1;
const KIND_MESSAGE = 1;
const KIND_SIGNAL = 2;
const KIND_MEMBER = 3;

const EPOCH_AT = 2;
const SEQ_AT = EPOCH_AT + EPOCH_LENGTH;
const TIME_AT = SEQ_AT + 8;
const MESSAGE_ORIGIN_AT = TIME_AT + 8;
const SIGNAL_ORIGIN_AT = 2;
const CHANGE_AT = 2;
const COUNT_AT = CHANGE_AT + 1;
const USER_AT = COUNT_AT + 4;

/** https://github.com/msgpack/msgpack/blob/master/spec.md#formats, "never used" */
const INFO_MARK = 0xc1;
const INFO_HEAD_BYTES = 3;
const NO_INFO = new Uint8Array();

/** ASCII has no such byte, so no name of a connection ends with it. */
const TRACE_MARK = 0xff;
const TRACE_BYTES = 33;
const PARENT_AT = 16;
const SPAN_AT = 24;

const CHANGES = new Map<number | undefined, MemberChange>([
  [0, MemberChange.Left],
  [1, MemberChange.Joined],
]);

/** Reads an envelope of a room; undefined where the bytes are none. The frame is a view of the input, not a copy. */
export function decodeEnvelope(room: string, bytes: Buffer): BusEnvelope | undefined {
  if (bytes[0] !== VERSION) return undefined;
  switch (bytes[1]) {
    case KIND_MESSAGE:
      return decodeMessage(room, bytes);
    case KIND_SIGNAL:
      return decodeSignal(room, bytes);
    case KIND_MEMBER:
      return decodeMember(room, bytes);
    default:
      return undefined;
  }
}

export function encodeSignal({ frame, origin }: RoomSignal): Buffer {
  return Buffer.concat([Buffer.from([VERSION, KIND_SIGNAL, origin.length]), Buffer.from(origin, 'latin1'), frame]);
}

/** What stands between the origin and the frame of a message that has info; nothing where it has none. */
export function infoPart(info: Uint8Array | undefined): Uint8Array {
  if (info === undefined) return NO_INFO;
  const part = Buffer.allocUnsafe(INFO_HEAD_BYTES + info.length);
  part[0] = INFO_MARK;
  part.writeUInt16BE(info.length, 1);
  part.set(info, INFO_HEAD_BYTES);
  return part;
}

/** The origin of a message that is traced. */
export function tracedOrigin(origin: string, { traceId, parentId, spanId }: MessageTrace): string {
  return `${origin}${Buffer.from(traceId + parentId + spanId, 'hex').toString('latin1')}${String.fromCharCode(TRACE_MARK)}`;
}

function decodeMessage(room: string, bytes: Buffer): BusEnvelope | undefined {
  const body = splitOrigin(bytes, MESSAGE_ORIGIN_AT);
  if (body === undefined) return undefined;
  const { frame: rest } = body;
  const epoch = bytes.toString('latin1', EPOCH_AT, SEQ_AT);
  const position = { epoch, seq: readUint64(bytes, SEQ_AT) };
  const at = readUint64(bytes, TIME_AT);
  const from = bytes[bytes.length - rest.length - 1] === TRACE_MARK ? splitTrace(body) : body;
  const message = { room, position, ...from, at };
  if (rest[0] !== INFO_MARK) return { kind: 'message', message };
  const { info, frame } = splitInfo(rest);
  return frame.length === 0 ? undefined : { kind: 'message', message: { ...message, frame, info } };
}

/** What has no room for a trace is left as it is. */
function splitTrace<B extends { readonly origin: string }>(body: B): B & { readonly trace?: ReceivedTrace } {
  const nameBytes = body.origin.length - TRACE_BYTES;
  if (nameBytes < 0) return body;
  const ids = Buffer.from(body.origin.slice(nameBytes), 'latin1');
  const trace = {
    traceId: ids.toString('hex', 0, PARENT_AT),
    parentId: ids.toString('hex', PARENT_AT, SPAN_AT),
    spanId: ids.toString('hex', SPAN_AT, TRACE_BYTES - 1),
    receivedAt: performance.now(),
  };
  return { ...body, origin: body.origin.slice(0, nameBytes), trace };
}

function splitInfo(bytes: Buffer): { readonly info: Buffer; readonly frame: Buffer } {
  const frameAt = INFO_HEAD_BYTES + (bytes.length < INFO_HEAD_BYTES ? 0 : bytes.readUInt16BE(1));
  return { info: bytes.subarray(INFO_HEAD_BYTES, frameAt), frame: bytes.subarray(frameAt) };
}

function decodeSignal(room: string, bytes: Buffer): BusEnvelope | undefined {
  const body = splitOrigin(bytes, SIGNAL_ORIGIN_AT);
  return body === undefined ? undefined : { kind: 'signal', signal: { room, ...body } };
}

function decodeMember(room: string, bytes: Buffer): BusEnvelope | undefined {
  const change = CHANGES.get(bytes[CHANGE_AT]);
  if (change === undefined || bytes.length <= USER_AT) return undefined;
  const markAt = bytes.indexOf(0, USER_AT);
  const user = bytes.toString('utf8', USER_AT, markAt < 0 ? undefined : markAt);
  const info = markAt < 0 ? {} : { info: bytes.subarray(markAt + 1) };
  return { kind: 'member', event: { room, user, change, count: bytes.readUInt32BE(COUNT_AT), ...info } };
}

function splitOrigin(bytes: Buffer, at: number): { origin: string; frame: Buffer } | undefined {
  const frameAt = at + 1 + (bytes[at] ?? 0);
  if (frameAt >= bytes.length) return undefined;
  return { origin: bytes.toString('latin1', at + 1, frameAt), frame: bytes.subarray(frameAt) };
}

/** Exact up to 2^53, which neither a `seq` nor a time ever reaches. */
function readUint64(bytes: Buffer, at: number): number {
  return bytes.readUInt32BE(at) * 0x1_0000_0000 + bytes.readUInt32BE(at + 4);
}
