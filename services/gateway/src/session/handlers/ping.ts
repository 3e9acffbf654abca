import type { ClientFrameOf } from '@outcry/protocol';

import type { Answerable } from '../answers.ts';

export function handlePing(client: Answerable, { id }: ClientFrameOf<'ping'>): void {
  client.sendFrame({ type: 'pong', ...(id === undefined ? {} : { id }), at: Date.now() });
}
