import type { BookSide } from '../levels.ts';
import type { FieldKind, FieldTypes } from '../schema.ts';
import type { FrameField } from './frame-table.ts';
import type { MsgpackWriter } from './msgpack-writer.ts';

type FieldValue<K extends FieldKind> = FieldTypes<Uint8Array, BookSide>[K];
type FieldWriters = { readonly [K in FieldKind]: (writer: MsgpackWriter, value: FieldValue<K>) => void };

function writeText(writer: MsgpackWriter, text: string): void {
  writer.string(text);
}

function writeUint(writer: MsgpackWriter, value: number): void {
  writer.uint(value);
}

function writeRaw(writer: MsgpackWriter, bytes: Uint8Array): void {
  writer.raw(bytes);
}

/** How a value of each kind is written. */
const FIELD_WRITERS: FieldWriters = {
  id(writer, id) {
    if (typeof id === 'number') writer.uint(id);
    else writer.string(id);
  },
  token: writeText,
  room: writeText,
  user: writeText,
  name: writeText,
  key: writeText,
  symbol: writeText,
  text: writeText,
  change: writeText,
  source: writeText,
  uint: writeUint,
  seq(writer, seq) {
    writer.uint64(seq);
  },
  bool(writer, value) {
    writer.bool(value);
  },
  payload: writeRaw,
  messages(writer, messages) {
    writeList(writer, messages, writeRaw);
  },
  symbols(writer, symbols) {
    writeList(writer, symbols, writeText);
  },
  position(writer, { epoch, seq }) {
    writer.arrayHeader(2);
    writer.string(epoch);
    writer.uint(seq);
  },
  levels(writer, { levels }) {
    writer.arrayHeader(levels.length);
    for (const [price, size] of levels) {
      writer.arrayHeader(2);
      writer.int(price);
      writer.uint(size);
    }
  },
  members(writer, members) {
    writeList(writer, members, (_, { user, connections }) => {
      writer.arrayHeader(2);
      writer.string(user);
      writer.uint(connections);
    });
  },
  instruments(writer, instruments) {
    writeList(writer, instruments, (_, { symbol, priceScale, sizeScale, depths, intervals, kind }) => {
      writer.arrayHeader(kind === undefined ? 5 : 6);
      writer.string(symbol);
      writer.uint(priceScale);
      writer.uint(sizeScale);
      writeList(writer, depths, writeUint);
      writeList(writer, intervals, writeUint);
      if (kind !== undefined) writer.string(kind);
    });
  },
  results(writer, results) {
    writeList(writer, results, (_, { symbol, error }) => {
      writer.arrayHeader(2);
      writer.string(symbol);
      if (error === undefined) {
        writer.nil();
        return;
      }
      writer.arrayHeader(3);
      writer.string(error.code);
      writer.string(error.message);
      writer.bool(error.retryable);
    });
  },
};

/** Writes a field's value; an absent one is nil. */
export function writeField(writer: MsgpackWriter, { kind }: FrameField, value: unknown): void {
  if (value === undefined) writer.nil();
  else (FIELD_WRITERS[kind] as (writer: MsgpackWriter, value: unknown) => void)(writer, value);
}

function writeList<T>(
  writer: MsgpackWriter,
  items: readonly T[],
  write: (writer: MsgpackWriter, item: T) => void,
): void {
  writer.arrayHeader(items.length);
  for (const item of items) write(writer, item);
}
