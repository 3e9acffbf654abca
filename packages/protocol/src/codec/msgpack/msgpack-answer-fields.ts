import { type FieldWriters, REQUEST_WRITERS, writeList, writeRaw, writeText, writeUint } from './msgpack-fields.ts';

/** How a gateway writes what it sends: what requests have, and more. */
export const ANSWER_WRITERS: FieldWriters = {
  ...REQUEST_WRITERS,
  user: writeText,
  text: writeText,
  info: writeRaw,
  change: writeText,
  source: writeText,
  seq(writer, seq) {
    writer.uint64(seq);
  },
  messages(writer, messages) {
    writeList(writer, messages, writeRaw);
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
    writeList(writer, members, (_, { user, connections, info }) => {
      writer.arrayHeader(info === undefined ? 2 : 3);
      writer.string(user);
      writer.uint(connections);
      if (info !== undefined) writer.raw(info);
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
