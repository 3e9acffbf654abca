import type { Context } from '../context.ts';
import { parsePayload } from '../payload.ts';

/** Publishes one message, to a room or to a user's inbox, and says where it stands. */
export async function publish(
  { client, output }: Context,
  { name, text, key }: { readonly name: string; readonly text: string; readonly key?: string },
): Promise<void> {
  const data = parsePayload(text, output.isJson);
  const options = key === undefined ? {} : { key };
  const position = name.startsWith('@')
    ? await client.send(name.slice(1), data, options)
    : await client.join(name, { history: 0, echo: false }).publish(data, options);
  output.write(`${position.epoch}:${String(position.seq)}`, position);
}
