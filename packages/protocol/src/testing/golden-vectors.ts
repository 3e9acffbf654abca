import { readFileSync } from 'node:fs';

import type { ClientFrame, ReceivedFrame } from '../index.ts';

/** One frame in both encodings, made by hand and another library: see tests/vectors. */
export interface Vector<F> {
  readonly name: string;
  readonly json: string;
  readonly msgpack: Uint8Array;
  /** What it means; payloads are plain values, book levels integers as in msgpack. */
  readonly frame: F;
}

export const CLIENT_VECTORS: readonly Vector<ClientFrame<unknown>>[] = load('client');
export const SERVER_VECTORS: readonly Vector<ReceivedFrame>[] = load('server');

function load<F>(name: string): readonly Vector<F>[] {
  const text = readFileSync(new URL(`../../vectors/${name}.json`, import.meta.url), 'utf8');
  const vectors = JSON.parse(text) as readonly (Omit<Vector<F>, 'msgpack'> & { readonly msgpack: string })[];
  return vectors.map((vector) => ({ ...vector, msgpack: new Uint8Array(Buffer.from(vector.msgpack, 'hex')) }));
}
