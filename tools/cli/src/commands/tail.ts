import type { JoinOptions } from '@outcry/client';

import { type Context, writeEvent } from '../context.ts';

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
    writeEvent(output, event);
    if (event.type === 'message') shown += 1;
    if (shown === count) return;
  }
}
