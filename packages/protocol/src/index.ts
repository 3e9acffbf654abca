export type { ClientFrame, ClientFrameOf, ClientFrameType } from './client-frames.ts';
export { CLOSE_CODES, type CloseCode, type CloseCodeName, Retry, retryAfter } from './close-codes.ts';
export type { ClientCodec, SendableFrame, WireFrame } from './codec/client-codec.ts';
export type { Codec, PublishHead } from './codec/codec.ts';
export { createClientCodec } from './codec/create-client-codec.ts';
export { createCodecs } from './codec/create-codec.ts';
export {
  appendInfo,
  appendSeq,
  appendTraceparent,
  encodeMessageHead,
  type MessageHead,
  messageFrameToJson,
  readMessageFrame,
  SEQ_BYTES,
  signalFrameToJson,
} from './codec/frames/message-frame.ts';
export { checkJsonValue } from './codec/payloads/check-json-value.ts';
export { findWideInteger } from './codec/payloads/find-wide-integer.ts';
export { placeOf, type Step, ValueFault } from './codec/values/value-fault.ts';
export { encodePayload } from './codec/payloads/encode-payload.ts';
export { expectedOf } from './codec/frames/field-rules.ts';
export { isOfKind } from './codec/frames/is-of-kind.ts';
export { decodePayload, payloadToJson } from './codec/payloads/payload.ts';
export { stringifyPayload } from './codec/payloads/stringify-payload.ts';
export { ERROR_CODES, type ErrorCode, type ErrorCodeName } from './error-codes.ts';
export { ProtocolError, RequestError } from './errors.ts';
export type { Instrument } from './instrument.ts';
export { type BookSide, formatScaled, type Level, type WireLevels } from './levels.ts';
export { MemberChange, type MemberEntry } from './member.ts';
export {
  ALL_ROOM,
  inboxOf,
  isAccountName,
  isAssignableUserName,
  isInbox,
  isRoomName,
  isRoomPattern,
  isUserName,
  NAME_RULE,
  SERVER_USER,
} from './names/room-name.ts';
export { RoomPattern } from './names/room-pattern.ts';
export { isSymbol, SYMBOL_RULE } from './names/symbol.ts';
export { MAX_INFO_BYTES } from './field-limits.ts';
export { EXPECTED_IN_PAYLOAD, MAX_PAYLOAD_DEPTH, reachesPrototype } from './payload-rules.ts';
export {
  CLIENT_SCHEMA,
  type FieldKind,
  type FrameSchema,
  parseFieldSpec,
  type Position,
  type RequestId,
  SERVER_SCHEMA,
} from './schema.ts';
export type { ReceivedFrame, ServerFrame, ServerFrameType } from './server-frames.ts';
export { isSourceKind, SourceKind } from './source-kind.ts';
export { formatTraceparent, parseTraceparent, type TraceContext } from './trace-context.ts';
export type { SymbolResult } from './symbol-result.ts';
export { isWellFormed } from './well-formed.ts';
export { BEARER_PREFIX, CAN_MOVE, chooseEncoding, Encoding, SUBPROTOCOLS } from './subprotocol.ts';
