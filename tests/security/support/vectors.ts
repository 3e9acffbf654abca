import { readFileSync } from 'node:fs';

import type { WireEncoding } from '@outcry/testkit';

const FOLDER = new URL('../../../packages/protocol/vectors/', import.meta.url);

interface Vector {
  readonly name: string;
  readonly json: string;
  readonly msgpack: string;
}

/** A frame as it stands on the wire. */
export interface EncodedFrame {
  readonly name: string;
  readonly bytes: Buffer;
}

export type EncodedFrames = Readonly<Record<WireEncoding, readonly EncodedFrame[]>>;

/** The golden vectors of requests: good frames, to begin from. */
export const ENCODED_REQUESTS = readVectors('client.json');
/** Those of a server's frames. */
export const ENCODED_SERVER_FRAMES = readVectors('server.json');

function readVectors(file: string): EncodedFrames {
  const vectors = JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as readonly Vector[];
  return {
    json: vectors.map(({ name, json }) => ({ name, bytes: Buffer.from(json) })),
    msgpack: vectors.map(({ name, msgpack }) => ({ name, bytes: Buffer.from(msgpack, 'hex') })),
  };
}
