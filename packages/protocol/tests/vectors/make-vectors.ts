import { writeFileSync } from 'node:fs';

import { CLIENT_VECTORS } from './client-vectors.ts';
import { SERVER_VECTORS } from './server-vectors.ts';
import type { VectorSource } from './vector-source.ts';
import { toJson, toMsgpack } from './wire-values.ts';

interface Vector {
  readonly name: string;
  readonly json: string;
  readonly msgpack: string;
  /** What the frame means; book levels as msgpack has them. */
  readonly frame: Readonly<Record<string, unknown>>;
}

/** Both encodings of a frame, made without the codecs under test. */
function makeVector([name, tag, type, fields]: VectorSource): Vector {
  const present = Object.entries(fields).filter(([, value]) => value !== undefined);
  const values = Object.fromEntries(present.map(([field, value]) => [field, toJson(value)]));
  return {
    name,
    json: JSON.stringify({ type, ...values }),
    msgpack: Buffer.from(toMsgpack([tag, ...Object.values(fields)])).toString('hex'),
    frame: { type, ...values, ...levelsOf(fields) },
  };
}

function levelsOf({ bids, asks }: { bids?: unknown; asks?: unknown }): { bids?: unknown; asks?: unknown } {
  return bids === undefined ? {} : { bids: decodedLevels(bids), asks: decodedLevels(asks) };
}

function decodedLevels(side: unknown): unknown {
  return (side as { msgpack?: unknown }).msgpack ?? side;
}

function write(name: string, sources: readonly VectorSource[]): void {
  const target = new URL(`../../vectors/${name}.json`, import.meta.url);
  writeFileSync(target, `${JSON.stringify(sources.map(makeVector), null, 2)}\n`);
}

write('client', CLIENT_VECTORS);
write('server', SERVER_VECTORS);
