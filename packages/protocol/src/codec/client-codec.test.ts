import { beforeEach, describe, expect, it } from 'vitest';

import { type ClientCodec, createClientCodec, createCodecs, Encoding, ProtocolError } from '../index.ts';

const SIGNAL = { type: 'signal', room: 'lobby', name: 'typing' } as const;
const PING = { json: '{"type":"ping","id":7}', msgpack: Buffer.of(0x92, 11, 7) };

describe.each(Object.values(Encoding))('the codec of a client for %s', (encoding) => {
  let codec: ClientCodec;
  beforeEach(() => {
    codec = createClientCodec(encoding);
  });

  it('is of this encoding', () => {
    const bytes = codec.encodeClient({ type: 'ping', id: 7 });
    expect(codec.encoding).toBe(encoding);
    expect(typeof bytes === 'string' ? bytes : Buffer.from(bytes)).toEqual(PING[encoding]);
  });

  it('takes data that are undefined for none', () => {
    expect(codec.encodeClient({ ...SIGNAL, data: undefined })).toEqual(codec.encodeClient(SIGNAL));
  });

  it('says of a message of the other kind which one it takes', () => {
    const wrong = encoding === Encoding.Json ? new Uint8Array([0x92, 11, 7]) : PING.json;
    const expected = encoding === Encoding.Json ? 'a JSON frame must be text' : 'a msgpack frame must be binary';
    expect(() => codec.decodeServer(wrong)).toThrow(ProtocolError);
    expect(() => codec.decodeServer(wrong)).toThrow(expected);
  });
});

it.each(Object.values(createCodecs()))('encodes no frame of a type that there is not', (codec) => {
  expect(() => codec.encodeServer({ type: 'none' } as never)).toThrow('no frame of type none');
});
