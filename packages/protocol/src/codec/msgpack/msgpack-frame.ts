import type { FieldKind } from '../../schema.ts';
import type { FrameTable } from '../frames/frame-table.ts';
import type { FieldWriters } from './msgpack-fields.ts';
import { MsgpackWriter } from '../values/msgpack-writer.ts';

const writer = new MsgpackWriter();

type Writers = Readonly<Record<FieldKind, (writer: MsgpackWriter, value: unknown) => void>>;

/** What can be encoded, and how the values of its fields are written. */
export interface FrameEncoding {
  readonly table: FrameTable;
  readonly writers: Partial<FieldWriters>;
}

/** Encodes a frame whose payload is msgpack already, as `[tag, …fields in schema order]`; an absent field is nil. */
export function encodeFrame(
  { table, writers }: FrameEncoding,
  frame: { readonly type: string },
): Uint8Array<ArrayBuffer> {
  const layout = table.byType.get(frame.type);
  if (layout === undefined) throw new TypeError(`no frame of type ${frame.type}`);
  const values = frame as Readonly<Record<string, unknown>>;
  const { fields } = layout;
  let count = fields.length;
  while (count > 0 && values[fields[count - 1]?.name ?? ''] === undefined) count -= 1;
  writer.start().arrayHeader(1 + count);
  writer.uint(layout.tag);
  for (const field of fields) {
    if (count === 0) break;
    count -= 1;
    const value = values[field.name];
    if (value === undefined) writer.nil();
    else (writers as Writers)[field.kind](writer, value);
  }
  return writer.finish();
}
