import type { FrameTable } from './frame-table.ts';
import { writeField } from './msgpack-fields.ts';
import { MsgpackWriter } from './msgpack-writer.ts';

const writer = new MsgpackWriter();

/** Encodes a frame whose payload is msgpack already, as `[tag, …fields in schema order]`. */
export function encodeFrame(table: FrameTable, frame: { readonly type: string }): Uint8Array<ArrayBuffer> {
  const layout = table.byType.get(frame.type);
  if (layout === undefined) throw new TypeError(`no frame of type ${frame.type}`);
  const values: Readonly<Record<string, unknown>> = { ...frame };
  let count = layout.fields.length;
  while (count > 0 && values[layout.fields[count - 1]?.name ?? ''] === undefined) count -= 1;
  writer.start().arrayHeader(1 + count);
  writer.uint(layout.tag);
  for (const field of layout.fields.slice(0, count)) writeField(writer, field, values[field.name]);
  return writer.finish();
}
