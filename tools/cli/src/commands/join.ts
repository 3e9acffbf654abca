import { createInterface } from 'node:readline';

import type { Context } from '../context.ts';
import { writeMessage } from '../context.ts';
import { parsePayload } from '../payload.ts';

/** Shows a room and says each line of the input in it, until the input ends. */
export async function join({ client, output, signal, input }: Context, name: string): Promise<void> {
  const room = client.join(name, {
    presence: true,
    onEvent: (event) => {
      if (event.type === 'message') writeMessage(output, event);
      else if (event.type === 'member') output.note(`${event.user} ${event.change}, ${String(event.count)} here`);
      else if (event.type === 'gap') output.note('messages may be missing here');
      else if (event.type === 'stale') output.note('what is shown may be old');
    },
  });
  await room.joined;
  const lines = createInterface({ input, signal });
  for await (const line of lines) if (line !== '') await room.publish(parsePayload(line, output.isJson));
}
