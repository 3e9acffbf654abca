import type { JoinOptions } from '@outcry/client';

import { type Context, writeMessage } from '../context.ts';

export interface TailOptions extends JoinOptions {
  readonly name: string;
  /** Ends after so many messages; undefined for never. */
  readonly count?: number;
}

/** Shows a room's messages as they come. */
export async function tail(
  { client, output, signal }: Context,
  { name, count, ...options }: TailOptions,
): Promise<void> {
  let shown = 0;
  const room = client.join(name, options);
  signal.addEventListener('abort', () => {
    room.leave();
  });
  for await (const event of room.events()) {
    if (event.type === 'gap') output.note('messages may be missing here');
    if (event.type !== 'message') continue;
    writeMessage(output, event);
    shown += 1;
    if (shown === count) return;
  }
}
