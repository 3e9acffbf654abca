import type { ClientFrame } from '../../client-frames.ts';
import { ProtocolError } from '../../errors.ts';
import type { Instrument } from '../../instrument.ts';
import type { MemberEntry } from '../../member.ts';
import type { ReceivedFrame } from '../../server-frames.ts';
import type { SourceKind } from '../../source-kind.ts';
import { Encoding } from '../../subprotocol.ts';
import type { SymbolResult } from '../../symbol-result.ts';
import type { ClientCodec } from '../client-codec.ts';
import { decodeMsgpack } from '../values/decode-msgpack.ts';
import { encodePayload } from '../payloads/encode-payload.ts';
import { CLIENT_FRAMES, type FrameField, SERVER_FRAMES } from '../frames/frame-table.ts';
import { REQUEST_WRITERS } from './msgpack-fields.ts';
import { encodeFrame } from './msgpack-frame.ts';

const REQUESTS = { table: CLIENT_FRAMES, writers: REQUEST_WRITERS };

/** A client's half of the binary encoding, without what a gateway needs against hostile input. */
export class MsgpackClientCodec implements ClientCodec {
  readonly encoding = Encoding.Msgpack;

  encodeClient(frame: ClientFrame<unknown>): Uint8Array<ArrayBuffer> {
    if (!('data' in frame) || frame.data === undefined) return encodeFrame(REQUESTS, frame);
    const encoded: ClientFrame = { ...frame, data: encodePayload(frame.data) };
    return encodeFrame(REQUESTS, encoded);
  }

  decodeServer(input: Uint8Array | string): ReceivedFrame | undefined {
    if (typeof input === 'string') throw new ProtocolError('a msgpack frame must be binary');
    try {
      const values = decodeMsgpack(input);
      if (!Array.isArray(values)) throw new TypeError('a frame must be an array');
      return nameFields(values);
    } catch (cause) {
      throw new ProtocolError('not a frame', { cause });
    }
  }
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
      return (value as EncodedMember[]).map(nameMember);
    case 'instruments':
      return (value as EncodedInstrument[]).map(nameInstrument);
    case 'results':
      return (value as [string, [string, string, boolean] | null][]).map(nameResult);
    default:
      return value;
  }
}

type EncodedMember = [string, number, unknown?];

function nameMember([user, connections, info]: EncodedMember): MemberEntry {
  return info === undefined ? { user, connections } : { user, connections, info };
}

type EncodedInstrument = [string, number, number, number[], number[], SourceKind?];

function nameInstrument([symbol, priceScale, sizeScale, depths, intervals, kind]: EncodedInstrument): Instrument {
  const instrument = { symbol, priceScale, sizeScale, depths, intervals };
  return kind === undefined ? instrument : { ...instrument, kind };
}

function nameResult([symbol, error]: [string, [string, string, boolean] | null]): SymbolResult {
  if (error === null) return { symbol };
  const [code, message, retryable] = error;
  return { symbol, error: { code, message, retryable } };
}
