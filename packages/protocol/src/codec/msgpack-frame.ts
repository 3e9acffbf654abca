import type { FrameTable } from './frame-table.ts';
import { writeField } from './msgpack-fields.ts';
import { MsgpackWriter } from './msgpack-writer.ts';

const writer = new MsgpackWriter();

/** Encodes a frame whose payload is msgpack already, as `[tag, …fields in schema order]`. */
export function encodeFrame(table: FrameTable, frame: { readonly type: string }): Uint8Array<ArrayBuffer> {
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
    writeField(writer, field, values[field.name]);
  }
  return writer.finish();
}
