import type { BookSide } from '../../levels.ts';
import type { CLIENT_SCHEMA, FieldKind, FieldTypes } from '../../schema.ts';
import type { MsgpackWriter } from '../values/msgpack-writer.ts';

type FieldValue<K extends FieldKind> = FieldTypes<Uint8Array, BookSide>[K];
/** How a value of each kind is written. */
export type FieldWriters<K extends FieldKind = FieldKind> = {
  readonly [Kind in K]: (writer: MsgpackWriter, value: FieldValue<Kind>) => void;
};

type SpecsOf<S extends Record<string, { readonly fields: object }>> = {
  [T in keyof S]: S[T]['fields'][keyof S[T]['fields']];
}[keyof S];
type WithoutMark<S> = S extends `${infer K extends FieldKind}?` ? K : S extends FieldKind ? S : never;
/** Kinds that requests have: a client writes no others, and needs no more to be loaded. */
type RequestKind = WithoutMark<SpecsOf<typeof CLIENT_SCHEMA>>;

export function writeText(writer: MsgpackWriter, text: string): void {
  writer.string(text);
}

export function writeUint(writer: MsgpackWriter, value: number): void {
  writer.uint(value);
}

export function writeRaw(writer: MsgpackWriter, bytes: Uint8Array): void {
  writer.raw(bytes);
}

export const REQUEST_WRITERS: FieldWriters<RequestKind> = {
  id(writer, id) {
    if (typeof id === 'number') writer.uint(id);
    else writer.string(id);
  },
  token: writeText,
  room: writeText,
  name: writeText,
  key: writeText,
  trace: writeText,
  symbol: writeText,
  uint: writeUint,
  bool(writer, value) {
    writer.bool(value);
  },
  payload: writeRaw,
  symbols(writer, symbols) {
    writeList(writer, symbols, writeText);
  },
  position(writer, { epoch, seq }) {
    writer.arrayHeader(2);
    writer.string(epoch);
    writer.uint(seq);
  },
};

export function writeList<T>(
  writer: MsgpackWriter,
  items: readonly T[],
  write: (writer: MsgpackWriter, item: T) => void,
): void {
  writer.arrayHeader(items.length);
  for (const item of items) write(writer, item);
}
