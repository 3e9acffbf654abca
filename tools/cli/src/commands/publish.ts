import type { Context } from '../context.ts';
import { type InputForm, parsePayload } from '../payload.ts';

export interface PublishCommandOptions {
  readonly name: string;
  readonly message: string;
  readonly input: InputForm;
  readonly key?: string;
}

/** Publishes one message, to a room or to a user's inbox, and says where it stands. */
export async function publish(
  { client, output }: Context,
  { name, message, input, key }: PublishCommandOptions,
): Promise<void> {
  const data = parsePayload(message, input);
  const options = key === undefined ? {} : { key };
  const position = name.startsWith('@')
    ? await client.send(name.slice(1), data, options)
    : await client.join(name, { history: 0, echo: false }).publish(data, options);
  output.write(`${position.epoch}:${String(position.seq)}`, position);
}
